"""Reads the request files of a run, also those whose writer was killed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson
from pydantic import TypeAdapter

from harness.errors import UsageError
from harness.evidence.files import need_size, open_file
from harness.evidence.jsonl import LINE_BYTES_MAX
from harness.evidence.records import Footer, Lane
from harness.evidence.request_chunk import Chunk, parse_chunk
from harness.evidence.request_line import BadLineError
from harness.evidence.requests.gathering import Gathering
from harness.evidence.requests.table import RequestFile, Requests
from harness.evidence.rows import needed

FILE_BYTES_MAX = 32 << 30
"""A longer file is refused: it would hold a hundred million requests, whose columns take 5 GB of memory."""
_CHUNK_BYTES = 8 << 20
"""Read at a time. Smaller costs a call per chunk, larger costs memory: some three chunks are held."""
_RESTORE = "restore the file from where the run was made."
_TOO_LONG = f"it is longer than {LINE_BYTES_MAX:,} bytes"
_THREADS = 2
"""Parsing runs outside the interpreter lock; the machines this is made for have two cores."""


def read_requests(paths: Sequence[Path]) -> Requests:
    """Read request files, also those whose writer was killed.

    A run of ten million requests takes some 53 bytes of memory a request; texts stay in the files.

    Raises:
        UsageError: a header or record lacks a required key or holds an impossible value (a negative time,
            an end before its start), or a lane stands in two files.
        OSError: a file cannot be read.
    """
    table = Gathering()
    files = []
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="parse") as pool:
        for path in paths:
            with open_file(path) as file:
                need_size(file, path, FILE_BYTES_MAX)
                files.append(_read_file(path, file, table, pool))
    return table.finish(tuple(files))


def _read_file(path: Path, file: BinaryIO, table: Gathering, pool: ThreadPoolExecutor) -> RequestFile:
    size = os.fstat(file.fileno()).st_size
    header = file.readline(LINE_BYTES_MAX)
    if len(header) == LINE_BYTES_MAX:
        raise UsageError(f"{path}, line 1: {_TOO_LONG}; {_RESTORE}")
    if not header.endswith(b"\n"):
        table.begin_file(path, size, ())
        return RequestFile(path.name, (), None, 0, int(bool(header)), 0, 0, 0, ())
    lanes = _lanes(header, path)
    table.begin_file(path, size, lanes)
    malformed = 0
    try:
        ending = _read_ending(file, len(header), size, path)
        for chunk in _chunks(file, len(header), ending, pool):
            table.add(chunk)
            malformed += chunk.malformed
    except BadLineError as error:
        raise UsageError(
            f"{path}, line {_line_number(path, error.at)}: {error.problem}; {_RESTORE}"
        ) from error
    facts = table.end_file()
    return RequestFile(
        path.name, lanes, ending.footer, facts.records, ending.torn, malformed,
        facts.seq_missing, facts.seq_repeated, facts.strangers,
    )  # fmt: skip


def _chunks(file: BinaryIO, begin: int, ending: _Ending, pool: ThreadPoolExecutor) -> Iterator[Chunk]:
    """Parsed chunks in the order of the file, at most one waiting beside those being parsed."""
    pending: deque[Future[Chunk]] = deque()
    for at, data in _pieces(file, begin, ending.records_end):
        pending.append(pool.submit(parse_chunk, data, at))
        if len(pending) > _THREADS:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def _pieces(file: BinaryIO, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Stretches of whole lines; a last line without a newline gets one."""
    file.seek(at)
    rest = b""
    while at + len(rest) < end:
        fresh = file.read(min(_CHUNK_BYTES, end - at - len(rest)))
        data = rest + fresh
        last = not fresh or at + len(data) >= end  # nothing fresh: the file has become shorter meanwhile
        cut = len(data) if last else data.rfind(b"\n") + 1
        if len(data) - cut >= LINE_BYTES_MAX:
            raise BadLineError(at + cut, _TOO_LONG)
        if cut:
            whole = data[:cut]
            yield at, whole if whole.endswith(b"\n") else whole + b"\n"
        at, rest = (end, b"") if last else (at + cut, data[cut:])


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a file ends."""

    records_end: int
    """Byte behind the last line that may be a record."""
    footer: Footer | None
    torn: int


def _read_ending(file: BinaryIO, begin: int, size: int, path: Path) -> _Ending:
    at, line = _last_line(file, begin, size)
    if len(line) > LINE_BYTES_MAX:
        raise BadLineError(at, _TOO_LONG)
    if not line:
        return _Ending(begin, None, 0)
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        # With its newline the line was written whole and damaged later; the records' reader counts it.
        return _Ending(size, None, 0) if line.endswith(b"\n") else _Ending(at, None, 1)
    if not isinstance(row, dict) or "footer" not in row:
        return _Ending(size, None, 0)
    return _Ending(at, needed(_FOOTER, row["footer"], f"{path}, last line: footer"), 0)


def _last_line(file: BinaryIO, begin: int, size: int) -> tuple[int, bytes]:
    """Where the last line begins, and the line, with its newline where it has one."""
    span = 4096
    while True:
        at = max(begin, size - span)
        file.seek(at)
        data = file.read(size - at)
        cut = data.rfind(b"\n", 0, -1) + 1
        if cut or at == begin:
            return at + cut, data[cut:]
        if span >= LINE_BYTES_MAX:
            raise BadLineError(at, _TOO_LONG)
        span *= 16


_LANES = TypeAdapter(tuple[Lane, ...])
_FOOTER = TypeAdapter(Footer)


def _lanes(header: bytes, path: Path) -> tuple[Lane, ...]:
    try:
        row = orjson.loads(header)
        declared = row["header"]["lanes"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise UsageError(f"{path}, line 1: there is no header that names the lanes; {_RESTORE}") from error
    return needed(_LANES, declared, f"{path}, line 1: header.lanes")


def _line_number(path: Path, at: int) -> int:
    lines = 1
    with open_file(path) as file:
        while at > 0 and (data := file.read(min(at, _CHUNK_BYTES))):
            lines += data.count(b"\n")
            at -= len(data)
    return lines
