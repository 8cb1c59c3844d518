"""Files of one JSON object a line: append whole lines, read back what survived a kill."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import orjson

from harness.evidence.files import is_there, need_size, open_file

PRIVATE_FILE_MODE = 0o600
LINE_BYTES_MAX = 64 << 20
"""A longer line is damage. The longest are the read-back's, of an entity with all its writes: some 400 bytes
each, so this is a write a second for two days."""
FILE_BYTES_MAX = 1 << 30
"""A longer file is refused: all of its rows are held in memory, in some five times as many bytes. It is what
the ledger of 20 writes a second has after a day; request files, which may be longer, are not read here."""


@dataclass(frozen=True, slots=True)
class JsonLines:
    """What a file of JSON lines held."""

    rows: tuple[dict[str, Any], ...]
    numbers: tuple[int, ...]
    """The line of each row, from 1."""
    torn: int
    """Lines at the very end that are not whole (0 or 1): what a killed writer leaves."""
    malformed: int
    """Lines before the end that are not a JSON object: damage, not a kill. A blank line is one of them: no
    writer leaves any, and what stood there is lost."""
    exists: bool = True

    def placed(self, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each row with what errors call its place."""
        for number, row in zip(self.numbers, self.rows, strict=True):
            yield f"{path}, line {number}", row


def read_jsonl(path: Path) -> JsonLines:
    """Read every whole line of `path`; a missing file reads as empty.

    Raises:
        UsageError: it is no regular file, or longer than `FILE_BYTES_MAX`.
        OSError: the file exists and cannot be read.
    """
    if not is_there(path):
        return JsonLines((), (), 0, 0, exists=False)
    rows: dict[int, dict[str, Any]] = {}
    malformed = torn = 0
    with open_file(path) as file:
        need_size(file, path, FILE_BYTES_MAX)
        for number, line in enumerate(_lines(file), start=1):
            row = _parse(line)
            if row is not None:
                rows[number] = row
            elif line.endswith(b"\n"):
                malformed += 1
            else:
                torn += 1
    return JsonLines(tuple(rows.values()), tuple(rows), torn, malformed)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Each line with its newline; of one that is too long the newline alone."""
    while line := file.readline(LINE_BYTES_MAX):
        if len(line) < LINE_BYTES_MAX:
            yield line
        else:
            yield _end_of_line(file, line)


def _end_of_line(file: BinaryIO, line: bytes) -> bytes:
    while len(line) == LINE_BYTES_MAX and not line.endswith(b"\n"):
        line = file.readline(LINE_BYTES_MAX)
    return b"\n" if line.endswith(b"\n") else b" "


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) else None


class JsonLinesWriter:
    """Appends JSON lines to a file that only its owner reads.

    `append` writes at once; with `sync=True` it returns after the line is on the disk.
    """

    def __init__(self, path: Path, *, sync: bool = False) -> None:
        self._sync = sync
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(path, flags, PRIVATE_FILE_MODE)

    def append(self, row: dict[str, Any]) -> None:
        """Write one line.

        Raises:
            OSError: the disk is full or the file is gone.
        """
        data = memoryview(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS))
        while data:
            data = data[os.write(self._fd, data) :]
        if self._sync:
            os.fsync(self._fd)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def follow_jsonl(path: Path, offset: int) -> tuple[Iterator[dict[str, Any]], int]:
    """Read the whole lines of a growing file from byte `offset`; returns them and the next offset.

    Raises:
        UsageError: it is no regular file.
        OSError: it cannot be read.
    """
    lines, end = follow_lines(path, offset)
    return (row for line in lines if (row := _parse(line)) is not None), end


def follow_lines(path: Path, offset: int) -> tuple[list[bytes], int]:
    """The same, as the lines stand there, without their newlines."""
    try:
        with open_file(path) as file:
            file.seek(offset)
            raw = file.read()
    except FileNotFoundError:
        return [], offset
    end = raw.rfind(b"\n") + 1
    return [line for line in raw[:end].split(b"\n") if line], offset + end
