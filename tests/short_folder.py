"""A folder for labs of tests, whose path is short enough for a unix socket."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_folder() -> Iterator[Path]:
    """Make a folder right below the system's temporary one, and remove it at the end.

    `tmp_path` has the user's name, the process of xdist and the test in it: too much for the 107 bytes of a
    socket's path. After an error the folder stays, as what runs in it can only be found by it.
    """
    path = Path(tempfile.mkdtemp(prefix="lab-test-"))
    yield path
    shutil.rmtree(path)
