"""The files of a run, opened only where they are files: the run may be somebody else's."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from harness.errors import UsageError

DOCUMENT_BYTES_MAX = 64 << 20
"""Of a file that is one JSON document. The verdict of a day of outages has some MB; what is larger by far is
none, and parsing it takes some ten times its size in memory."""

_KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


def open_file(path: Path, *, links: bool = False) -> BinaryIO:
    """A file of a run, for reading. It never waits, as a pipe or a device would.

    Args:
        path: where it lies.
        links: whether it may be a link; of a run none may, for it would show what is not the run's.

    Raises:
        UsageError: something lies there that is no regular file.
        OSError: nothing does, or it cannot be read.
    """
    # Looked at before it is opened, as opening a device may do something; and after, as it may be another.
    _need_file(path.stat(follow_symlinks=links).st_mode, path)
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    file = os.fdopen(os.open(path, flags), "rb")
    try:
        _need_file(os.fstat(file.fileno()).st_mode, path)
    except UsageError:
        file.close()
        raise
    return file


@contextmanager
def open_folder(path: Path) -> Iterator[int]:
    """A descriptor of a folder of a run, for writing in it: whatever its path leads to meanwhile.

    Raises:
        UsageError: it is a link, or no folder.
        OSError: there is none, or it cannot be read.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise UsageError(
                f"{path}: is a link, and a run's folder is none; put the folder that it leads to in its "
                "place, or judge a copy of the run."
            ) from error
        raise
    try:
        yield fd
    finally:
        os.close(fd)


def is_there(path: Path) -> bool:
    """Whether anything lies there, also what `open_file` refuses: only what is missing is missing."""
    return os.path.lexists(path)


def read_document(path: Path, *, links: bool = False) -> bytes:
    """All of a file that is one JSON document, opened by `open_file`.

    Raises:
        UsageError: it is no regular file, or longer than `DOCUMENT_BYTES_MAX`.
        OSError: it is missing, or cannot be read.
    """
    with open_file(path, links=links) as file:
        need_size(file, path, DOCUMENT_BYTES_MAX)
        return file.read(DOCUMENT_BYTES_MAX)


def need_size(file: BinaryIO, path: Path, bytes_max: int) -> None:
    """Refuse a file that is longer than what it is for asks for.

    Raises:
        UsageError: it is.
    """
    size = os.fstat(file.fileno()).st_size
    if size > bytes_max:
        raise UsageError(
            f"{path}: is {size:,} bytes long, and such a file has no more than {bytes_max:,}; restore it "
            "from where the run was made."
        )


def _need_file(mode: int, path: Path) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((name for is_it, name in _KINDS if is_it(mode)), "a device")
    raise UsageError(
        f"{path}: is {kind}, and a run's file is a regular file; restore it from where the run was made, or "
        "judge a copy of the run."
    )
