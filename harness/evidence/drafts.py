"""The one way to replace a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from harness.evidence.jsonl import PRIVATE_FILE_MODE

PUBLIC_FILE_MODE = 0o666
"""As the umask of who runs the program has it: for what holds nothing of a run."""

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def replace_file(
    path: Path, data: bytes, *, mode: int = PRIVATE_FILE_MODE, sync: bool = False, folder: int | None = None
) -> None:
    """Write `path` so that a reader sees the old file or the new one, never a part.

    The draft lies in the same folder under a name that nobody can foresee, and is never opened where
    something lies already: who judges a run of somebody else as root would otherwise write to wherever a
    link planted in its folder leads. A draft that cannot be finished is removed.

    Args:
        path: what is replaced; where it is a link, the link is, not what it leads to.
        data: all of its new content.
        mode: its permissions, less those that the umask takes.
        sync: whether the content is on the disk before the file is in its place.
        folder: descriptor of the folder of `path`, where that may be exchanged for a link meanwhile.

    Raises:
        OSError: it cannot be written; names `path`, which is as it was.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    # With a descriptor the names alone count.
    new, old = (draft, path) if folder is None else (Path(draft.name), Path(path.name))
    try:
        fd = os.open(new, _FLAGS, mode, dir_fd=folder)
        try:
            _fill(fd, data, sync=sync)
            os.replace(new, old, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(new, dir_fd=folder)
            raise
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def _fill(fd: int, data: bytes, *, sync: bool) -> None:
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        if sync:
            os.fsync(file.fileno())
