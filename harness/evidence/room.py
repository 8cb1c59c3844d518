"""A disk that is full is the machine's fault, not that of whoever named the folder."""

from __future__ import annotations

import errno
from pathlib import Path

from harness.errors import HarnessError

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})


def need_room(error: OSError, path: Path, remedy: str = "make room there and judge the run again") -> None:
    """Raise where a file could not be written for want of room, or because its disk is broken.

    Raises:
        HarnessError: so it is; any other error of the system is left to the caller.
    """
    if error.errno in _NO_ROOM:
        raise HarnessError(
            f"{error.filename or path}: cannot be written ({error.strerror}); {remedy}."
        ) from error
