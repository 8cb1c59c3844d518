"""Standard output and error, which take whatever is written to them, whoever has left."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Outliving(io.RawIOBase):
    """A descriptor whose reader may leave: a closed pipe, a terminal that is gone (EIO), a full disk.

    An error of writing would end the process with a status that means something else. It is survived below
    every buffer, so that nobody who writes, and no flush as the interpreter ends, ever meets one.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def fileno(self) -> int:
        """The descriptor."""
        return self._number

    def writable(self) -> bool:
        """Whether it is to be written to: that is all it is for."""
        return True

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._number)

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or let it be."""
        while True:
            try:
                return os.write(self._number, data)
            except BlockingIOError:  # somebody who shares the terminal has it not block
                select.select((), (self._number,), ())
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):  # there may be room again
                    _lead_nowhere(self._number)
                return memoryview(data).nbytes


def outlive_readers() -> None:
    """Let this process go on, and end as it would, whatever becomes of its standard output and error.

    What their encoding has no character for is written escaped, as Python itself does on standard error.
    """
    _hold_standard_descriptors()
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream: TextIO | None = getattr(sys, name)
        if stream is None or _is_of(stream, number):
            setattr(sys, name, _outliving(number, stream))


def say(words: str) -> None:
    """Write a line to standard error."""
    print(words, file=sys.stderr, flush=True)


def _hold_standard_descriptors() -> None:
    """A closed one would be given to the next file that is opened: evidence would hold what is said."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _is_of(stream: TextIO, number: int) -> bool:
    """Whether it writes to that descriptor, and not to what a test has put in its place."""
    try:
        return stream.fileno() == number
    except (OSError, ValueError, AttributeError):
        return False


def _outliving(number: int, before: TextIO | None) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(Outliving(number)),
        encoding="utf-8" if before is None else before.encoding,
        errors="backslashreplace",
        newline="\n",
        line_buffering=number == 2 or os.isatty(number),
    )


def _lead_nowhere(number: int) -> None:
    """Nobody listens any more, and nobody will: neither to this process nor to what it starts."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
