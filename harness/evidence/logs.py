"""Finds in the logs of a run the lines that speak of a request, or of a time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness.evidence.files import is_there, open_file

_REQUEST_ID = re.compile(rb"req-[0-9A-Za-z_./-]+")
_STAMP = re.compile(rb'request t="(\d{1,18})"')
_BYTES_MAX = 1 << 30
"""Of a longer log what comes later is not looked at: it is a day of 50 requests a second, and no
verdict rests on it."""
_LINE_BYTES_MAX = 1 << 16
"""Of a longer line only the beginning is looked at: a server that logs without newlines must not fill memory.
"""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log."""

    file: str
    """Name of the file in `logs/`."""
    number: int
    """Counts from 1."""
    text: str


def lines_of_requests(
    logs: Path, request_ids: Collection[str], lines_max_each: int
) -> dict[str, tuple[LogLine, ...]]:
    """Lines of `logs/*.log` that name a request, by request id, in the order of the files' names.

    Keystone, uWSGI and HAProxy all log the id that the client sent. Of each request at most `lines_max_each`
    lines are kept, the first of each file before the second of any. A request that no log names is missing.

    Raises:
        OSError: a log cannot be read.
    """
    wanted = {request_id.encode(): request_id for request_id in request_ids}
    found: dict[str, list[list[LogLine]]] = {}
    for path in sorted(logs.glob("*.log")) if wanted else ():
        for request_id, lines in _lines_in(path, wanted, lines_max_each).items():
            found.setdefault(request_id, []).append(lines)
    return {request_id: _fairly(files, lines_max_each) for request_id, files in found.items()}


def _lines_in(path: Path, wanted: dict[bytes, str], lines_max_each: int) -> dict[str, list[LogLine]]:
    found: dict[str, list[LogLine]] = {}
    number, at_start = 0, True
    with open_file(path) as file:
        for line in _pieces(file):
            number += at_start
            if at_start:
                for request_id in {wanted[word] for word in _REQUEST_ID.findall(line) if word in wanted}:
                    lines = found.setdefault(request_id, [])
                    if len(lines) < lines_max_each:
                        text = line.decode(errors="replace").rstrip("\r\n")
                        lines.append(LogLine(path.name, number, text))
            at_start = line.endswith(b"\n")
    return found


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Lines, longer ones in several pieces, up to `_BYTES_MAX`."""
    left = _BYTES_MAX
    while left > 0 and (piece := file.readline(_LINE_BYTES_MAX)):
        left -= len(piece)
        yield piece


def lines_between(path: Path, from_ms: int, to_ms: int, lines_max: int) -> tuple[LogLine, ...]:
    """The first lines that a node logged in a stretch of time and that belong to no request.

    uWSGI stamps none of its own lines, so a line counts as logged when the request before it in the file came
    in; those carry `t="<milliseconds since 1970>"`. A missing file, as of a node that never began, has none.

    Raises:
        OSError: the log cannot be read.
    """
    kept: list[LogLine] = []
    if not is_there(path):
        return ()
    number, at_start, now_ms = 0, True, 0
    with open_file(path) as file:
        for line in _pieces(file):
            number += at_start
            stamp = _STAMP.match(line)
            now_ms = int(stamp[1]) if stamp else now_ms
            if now_ms > to_ms or len(kept) >= lines_max:
                break
            if at_start and not stamp and from_ms <= now_ms and not _REQUEST_ID.search(line) and line.strip():
                kept.append(LogLine(path.name, number, line.decode(errors="replace").rstrip("\r\n")))
            at_start = line.endswith(b"\n")
    return tuple(kept)


def _fairly(files: list[list[LogLine]], lines_max: int) -> tuple[LogLine, ...]:
    ranked = [(rank, place) for place, lines in enumerate(files) for rank in range(len(lines))]
    kept = set(sorted(ranked)[:lines_max])
    return tuple(
        line for place, lines in enumerate(files) for rank, line in enumerate(lines) if (rank, place) in kept
    )
