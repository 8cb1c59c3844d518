"""Files of one JSON object a line: append whole lines, read back what survived a kill."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

PRIVATE_FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class JsonLines:
    """What a file of JSON lines held."""

    rows: tuple[dict[str, Any], ...]
    torn: int
    """Lines at the very end that are not whole (0 or 1): what a killed writer leaves."""
    malformed: int
    """Lines before the end that are not a JSON object: damage, not a kill."""


def read_jsonl(path: Path) -> JsonLines:
    """Read every whole line of `path`; a missing file reads as empty.

    Raises:
        OSError: the file exists and cannot be read.
    """
    if not path.exists():
        return JsonLines((), 0, 0)
    raw = path.read_bytes()
    lines = raw.split(b"\n")
    tail = lines.pop()
    rows: list[dict[str, Any]] = []
    malformed = 0
    for line in filter(None, lines):
        row = _parse(line)
        if row is None:
            malformed += 1
        else:
            rows.append(row)
    last = _parse(tail) if tail else None
    if last is not None:
        rows.append(last)
    return JsonLines(tuple(rows), 1 if tail and last is None else 0, malformed)


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
    """Read the whole lines of a growing file from byte `offset`; returns them and the next offset."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            raw = file.read()
    except FileNotFoundError:
        return iter(()), offset
    end = raw.rfind(b"\n") + 1
    rows = (row for line in raw[:end].split(b"\n") if line and (row := _parse(line)) is not None)
    return rows, offset + end
