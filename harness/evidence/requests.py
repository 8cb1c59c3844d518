"""Reads the request files of a run into one table, ordered by lane and intended time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from harness.errors import UsageError
from harness.evidence.names import Outcome
from harness.evidence.records import Footer, Lane
from harness.evidence.request_chunk import (
    NUMBERS,
    BadLineError,
    Chunk,
    Coded,
    parse_chunk,
    recode,
)

OUTCOMES = tuple(Outcome)
"""What the codes of the column `outcome` mean."""

_CHUNK_BYTES = 8 << 20
"""Read at a time. Smaller costs a call per chunk, larger costs memory: some three chunks are held."""
_THREADS = 2
"""Parsing runs outside the interpreter lock; the machines this is made for have two cores."""
_WORDS_MAX = 2**15 - 1
"""Distinct nodes, releases or error classes that a table holds: codes are 16 bits wide."""


@dataclass(frozen=True, slots=True)
class RequestFile:
    """What one request file says of itself, and what is wrong with it."""

    name: str
    lanes: tuple[Lane, ...]
    """Empty where the writer was killed before its header was whole."""
    footer: Footer | None
    records: int
    """Whole record lines read, those of lanes that the header does not name included."""
    torn: int
    malformed: int
    seq_missing: int
    """Numbers between 0 and the highest `seq` that no record has."""
    seq_repeated: int
    strangers: tuple[tuple[str, int], ...]
    """Lanes that the header does not name, and how many records each has; they are in no table."""


@dataclass(frozen=True, slots=True)
class Records:
    """Requests, a column an attribute, all of the same length."""

    intended_ns: NDArray[np.int64]
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    status: NDArray[np.int16]
    outcome: NDArray[np.int8]
    """Codes into `OUTCOMES`."""
    error: NDArray[np.int16]
    """Codes into `Requests.errors`, -1 for null; `node` and `release` likewise."""
    node: NDArray[np.int16]
    release: NDArray[np.int16]
    line_at: NDArray[np.int64]
    """Where the line stands, for `Requests.texts`; -1 for requests that went well."""

    def __len__(self) -> int:
        return len(self.intended_ns)

    def between(self, start: int, stop: int) -> Records:
        """Rows `start` to `stop`, without copying."""
        return Records(*(getattr(self, name)[start:stop] for name in self.__slots__))

    def at(self, rows: NDArray[Any]) -> Records:
        """A copy of some rows, by index or by mask."""
        return Records(*(getattr(self, name)[rows] for name in self.__slots__))

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """A copy of several, one after the other."""
        return cls(
            **{
                name: np.concatenate([np.empty(0, kind), *(getattr(part, name) for part in parts)])
                for name, kind in _COLUMNS.items()
            }
        )


@dataclass(frozen=True, slots=True)
class RequestText:
    """The parts of a record that stand in no table."""

    detail: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Requests:
    """Every request of a run."""

    files: tuple[RequestFile, ...]
    lanes: tuple[Lane, ...]
    """By name."""
    records: Records
    """Ordered by lane, then by intended time; equal times in the order of the file."""
    bounds: tuple[int, ...]
    """Lane i has the rows `bounds[i]` to `bounds[i + 1]`."""
    errors: tuple[str, ...]
    nodes: tuple[str, ...]
    releases: tuple[str, ...]
    sources: tuple[tuple[int, Path], ...]
    """Position at which each file begins in the row of all files; `line_at` counts in it."""

    def of(self, lane: int) -> Records:
        """Requests of lane number `lane`, by intended time; views, not copies."""
        return self.records.between(self.bounds[lane], self.bounds[lane + 1])

    def texts(self, line_at: NDArray[np.int64]) -> list[RequestText]:
        """Detail and request id of requests that did not go well, by their `line_at`; nothing where it is -1.

        Raises:
            OSError: a request file is gone.
        """
        begins = [begin for begin, _ in self.sources]
        texts = [RequestText(None, None)] * len(line_at)
        which = np.searchsorted(begins, line_at, side="right") - 1
        for source in np.unique(which[line_at >= 0]):
            begin, path = self.sources[source]
            with path.open("rb") as file:
                for place in np.flatnonzero(which == source):
                    file.seek(int(line_at[place]) - begin)
                    texts[place] = _text(file.readline())
        return texts


def _text(line: bytes) -> RequestText:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return RequestText(None, None)
    return RequestText(row.get("detail"), row.get("request_id"))


def read_requests(paths: Sequence[Path]) -> Requests:
    """Read request files, also those whose writer was killed.

    A run of ten million requests takes some 45 bytes of memory a request; texts stay in the files.

    Raises:
        UsageError: a header or record lacks a required key or holds an impossible value (a negative time,
            an end before its start), or a lane stands in two files.
        OSError: a file cannot be read.
    """
    table = _Table()
    files = []
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="parse") as pool:
        for path in paths:
            with path.open("rb") as file:
                files.append(_read_file(path, file, table, pool))
    return table.finish(tuple(files))


def _read_file(path: Path, file: BinaryIO, table: _Table, pool: ThreadPoolExecutor) -> RequestFile:
    size = os.fstat(file.fileno()).st_size
    header = file.readline()
    if not header.endswith(b"\n"):
        table.begin_file(path, size, ())
        return RequestFile(path.name, (), None, 0, int(bool(header)), 0, 0, 0, ())
    lanes = _lanes(header, path)
    table.begin_file(path, size, lanes)
    ending = _read_ending(file, len(header), size, path)
    malformed = 0
    try:
        for chunk in _chunks(file, len(header), ending, pool):
            table.add(chunk)
            malformed += chunk.malformed
    except BadLineError as error:
        raise UsageError(
            f"{path}, line {_line_number(path, error.at)}: {error.problem}; "
            "restore the file from where the run was made."
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
        data = rest + file.read(min(_CHUNK_BYTES, end - at - len(rest)))
        last = at + len(data) >= end
        cut = len(data) if last else data.rfind(b"\n") + 1
        if cut:
            whole = data[:cut]
            yield at, whole if whole.endswith(b"\n") else whole + b"\n"
        at += cut
        rest = data[cut:]


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a file ends."""

    records_end: int
    """Byte behind the last line that may be a record."""
    footer: Footer | None
    torn: int


def _read_ending(file: BinaryIO, begin: int, size: int, path: Path) -> _Ending:
    at, line = _last_line(file, begin, size)
    if not line:
        return _Ending(begin, None, 0)
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        # With its newline the line was written whole and damaged later; the records' reader counts it.
        return _Ending(size, None, 0) if line.endswith(b"\n") else _Ending(at, None, 1)
    if not isinstance(row, dict) or "footer" not in row:
        return _Ending(size, None, 0)
    return _Ending(at, _checked(_FOOTER, row["footer"], f"{path}, last line: footer"), 0)


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
        span *= 16


_LANES = TypeAdapter(tuple[Lane, ...])
_FOOTER = TypeAdapter(Footer)


def _lanes(header: bytes, path: Path) -> tuple[Lane, ...]:
    try:
        row = orjson.loads(header)
        declared = row["header"]["lanes"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}, line 1: there is no header that names the lanes; "
            "restore the file from where the run was made."
        ) from error
    lanes: tuple[Lane, ...] = _checked(_LANES, declared, f"{path}, line 1: header.lanes")
    return lanes


def _checked(adapter: TypeAdapter[Any], value: object, where: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "value"
        message = first["msg"][0].lower() + first["msg"][1:]
        raise UsageError(
            f"{where}: {key}: {message}; restore the file from where the run was made."
        ) from error


def _line_number(path: Path, at: int) -> int:
    lines = 1
    with path.open("rb") as file:
        while at > 0 and (data := file.read(min(at, _CHUNK_BYTES))):
            lines += data.count(b"\n")
            at -= len(data)
    return lines


@dataclass(frozen=True, slots=True)
class _FileFacts:
    records: int
    seq_missing: int
    seq_repeated: int
    strangers: tuple[tuple[str, int], ...]


_COLUMNS: dict[str, type[np.generic]] = {
    "intended_ns": np.int64,
    "start_ns": np.int64,
    "end_ns": np.int64,
    "status": np.int16,
    "outcome": np.int8,
    "error": np.int16,
    "node": np.int16,
    "release": np.int16,
    "line_at": np.int64,
}


class _Table:
    """Gathers chunks, with codes that hold for the whole run."""

    def __init__(self) -> None:
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in (*_COLUMNS, "lane")}
        self._lanes: dict[str, tuple[Lane, Path]] = {}
        self._words: dict[str, dict[str, int]] = {
            "outcome": {str(outcome): code for code, outcome in enumerate(OUTCOMES)},
            "error": {},
            "node": {},
            "release": {},
        }
        self._sources: list[tuple[int, Path]] = []
        self._position = 0
        self._file_lanes: dict[str, int] = {}
        self._seq: list[NDArray[np.int64]] = []
        self._strangers: dict[str, int] = {}

    def begin_file(self, path: Path, size: int, lanes: tuple[Lane, ...]) -> None:
        self._sources.append((self._position, path))
        self._file_base, self._position = self._position, self._position + size
        self._file_lanes, self._seq, self._strangers = {}, [], {}
        for lane in lanes:
            if lane.lane in self._lanes:
                other = self._lanes[lane.lane][1]
                raise UsageError(
                    f"{path}, line 1: the lane {lane.lane!r} stands in {other.name} as well; "
                    "a lane belongs to one file, so remove the copy."
                )
            self._file_lanes[lane.lane] = len(self._lanes)
            self._lanes[lane.lane] = (lane, path)

    def add(self, chunk: Chunk) -> None:
        lane = self._lane_codes(chunk.coded["lane"])
        self._seq.append(chunk.numbers["seq"])
        known: NDArray[np.bool_] | slice = slice(None) if (lane >= 0).all() else lane >= 0
        self._parts["lane"].append(lane[known].astype(np.int16))
        for key in NUMBERS[1:]:
            self._parts[key].append(chunk.numbers[key][known])
        self._parts["status"].append(chunk.status[known])
        for key, index in self._words.items():
            codes = recode(chunk.coded[key], index)[known]
            if len(index) > _WORDS_MAX:
                raise UsageError(
                    f"{self._sources[-1][1]}: {key!r} has over {_WORDS_MAX} different values; "
                    "this is not a request file of format 1."
                )
            self._parts[key].append(codes.astype(_COLUMNS[key]))
        line_at = chunk.line_at[known]
        line_at[line_at >= 0] += self._file_base
        self._parts["line_at"].append(line_at)

    def _lane_codes(self, coded: Coded) -> NDArray[np.int32]:
        table = np.array([self._file_lanes.get(word, -1) for word in coded.words], np.int32)
        for code, word in enumerate(coded.words):
            if table[code] < 0:
                count = int((coded.codes == code).sum())
                self._strangers[word] = self._strangers.get(word, 0) + count
        return table[coded.codes] if len(table) else np.empty(0, np.int32)

    def end_file(self) -> _FileFacts:
        seq = np.concatenate(self._seq) if self._seq else np.empty(0, np.int64)
        self._seq = []
        missing = repeated = 0
        if seq.size and not (seq[0] == 0 and bool((np.diff(seq) == 1).all())):
            distinct = np.unique(seq)
            missing = int(distinct[-1]) + 1 - len(distinct)
            repeated = len(seq) - len(distinct)
        return _FileFacts(len(seq), missing, repeated, tuple(sorted(self._strangers.items())))

    def finish(self, files: tuple[RequestFile, ...]) -> Requests:
        """Order everything by lane name and intended time, a column at a time to spare memory."""
        names = sorted(self._lanes)
        lane = self._whole("lane", np.int16)
        intended = self._whole("intended_ns", np.int64)
        orders = [_order(lane, intended, list(self._lanes).index(name)) for name in names]
        bounds = np.cumsum([0, *(len(order) for order in orders)])
        order = np.concatenate(orders) if orders else np.empty(0, np.int64)
        del lane, orders
        columns = {"intended_ns": intended[order]}
        del intended
        for name, kind in list(_COLUMNS.items())[1:]:
            columns[name] = self._whole(name, kind)[order]
        return Requests(
            files=files,
            lanes=tuple(self._lanes[name][0] for name in names),
            records=Records(**columns),
            bounds=tuple(int(bound) for bound in bounds),
            errors=tuple(self._words["error"]),
            nodes=tuple(self._words["node"]),
            releases=tuple(self._words["release"]),
            sources=tuple(self._sources),
        )

    def _whole(self, name: str, kind: type[np.generic]) -> NDArray[Any]:
        parts = self._parts.pop(name)
        return np.concatenate(parts) if parts else np.empty(0, kind)


def _order(lane: NDArray[np.int16], intended: NDArray[np.int64], code: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(lane == code)
    times = intended[rows]
    if bool((np.diff(times) >= 0).all()):
        return rows
    return rows[np.argsort(times, kind="stable")]
