"""The balancer's own log: a line for each request that reached it and that it answered or saw cut."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from harness.evidence.files import is_there, open_file
from harness.evidence.request_key import keys_in

_CHUNK_BYTES = 8 << 20
"""Read at a time; a longer line is none of the balancer's."""
_WORDS_MAX = 2**15 - 1
"""Distinct servers that are told apart; the lines of others are not understood."""
_COLUMNS = ("t", "client", "server", "status", "ts", "retries", "ms", "bytes", "id", "method", "path")
"""As the local deployment has HAProxy write them, separated by spaces."""
_READ = ("t", "server", "status", "ts", "id")
_LINE = re.compile(
    r"(t=\S+) client=\S+ (server=\S+) (status=\S+) (ts=\S+) retries=\S+ \S+ bytes=\S+ (id=.*) \S+ \S+"
)
"""Likewise, with spaces in what a client sent as its id."""
_STAMP = "t=27/Nov/2026:01:34:12.179"
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_NO_ID: Final = "id=-"


@dataclass(frozen=True, slots=True)
class LogLines:
    """Requests in the order in which they ended, an attribute a column."""

    key: NDArray[np.uint64]
    """Of the id that the client sent, by `request_key`; 0 where it sent none."""
    wall_ms: NDArray[np.int64]
    """When the balancer had read the request, by the wall clock of its host and in that host's time zone:
    only differences between neighbours say anything."""
    status: NDArray[np.int16]
    """-1 where none was sent."""
    server: NDArray[np.int16]
    """Code into `servers`."""
    ending: NDArray[np.int16]
    """Code into `endings`."""
    servers: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    """HAProxy's termination states, such as `----` and `SH--`."""

    def __len__(self) -> int:
        return len(self.key)


def no_lines() -> LogLines:
    """Those of a log that is not there."""
    word = np.empty(0, np.int16)
    return LogLines(np.empty(0, np.uint64), np.empty(0, np.int64), word, word, word)


@dataclass(frozen=True, slots=True)
class BalancerLogRead:
    """What is known of the balancer's log."""

    exists: bool
    sealed: bool
    """It is under the run's seal: what it says is evidence."""
    lines: LogLines


def read_balancer_log(path: Path, sealed_bytes: int | None) -> BalancerLogRead:
    """Read as much of the log as was sealed; nothing of one that was not.

    A balancer that outlives its run goes on writing there. What is no line of a request (the balancer tells
    of its servers there as well) is left out. Takes some 25 bytes of memory a line.

    Raises:
        UsageError: it is no regular file.
        OSError: it cannot be read.
    """
    exists = is_there(path)
    if sealed_bytes is None or not exists:
        return BalancerLogRead(exists, sealed_bytes is not None, no_lines())
    gathering = _Gathering()
    with open_file(path) as file:
        for data in _pieces(file, sealed_bytes):
            gathering.add(data)
    return BalancerLogRead(exists, sealed=True, lines=gathering.finish())


def _pieces(file: BinaryIO, bytes_max: int) -> Iterator[bytes]:
    """Stretches of whole lines; a last line without a newline was cut, and is none."""
    rest, left = b"", bytes_max
    while left > 0 and (fresh := file.read(min(_CHUNK_BYTES, left))):
        left -= len(fresh)
        data = rest + fresh
        cut = data.rfind(b"\n") + 1
        if cut:
            yield data[:cut]
        rest = data[cut:] if len(data) - cut < _CHUNK_BYTES else b""


class _Gathering:
    """Columns gathered so far, with codes that hold for the whole log."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[Any], ...]] = []
        self._words: tuple[dict[str, int], dict[str, int]] = ({}, {})

    def add(self, data: bytes) -> None:
        """Take a stretch of whole lines."""
        columns, odd = _split(data)
        if odd:
            # Out of their place by no more than a stretch: nothing that they tell is asked to the second.
            rows = [found.groups() for line in odd if (found := _LINE.fullmatch(line))]
            extra = (pa.array([row[n] for row in rows], pa.string()) for n in range(len(_READ)))
            columns = [pa.chunked_array([*c.chunks, more]) for c, more in zip(columns, extra, strict=True)]
        stamps, servers, statuses, endings, ids = columns
        wall_ms, status = _wall_ms(stamps), _numbers(statuses, "status=")
        server = self._codes(servers, "server=", self._words[0])
        ending = self._codes(endings, "ts=", self._words[1])
        good = (wall_ms >= 0) & (status > _NO_NUMBER) & (server >= 0) & (ending >= 0)
        part = (_keys(ids), wall_ms, status, server, ending)
        self._parts.append(tuple(column[good] for column in part))

    def finish(self) -> LogLines:
        """All of them."""
        if not self._parts:
            return no_lines()
        key, wall_ms, *words = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        status, server, ending = words
        servers, endings = (tuple(index) for index in self._words)
        return LogLines(key, wall_ms, status, server, ending, servers, endings)

    def _codes(self, column: pa.ChunkedArray, prefix: str, index: dict[str, int]) -> NDArray[np.int16]:
        """Codes of the words behind a prefix; -1 where it is not there."""
        encoded = column.combine_chunks().dictionary_encode()
        table = np.full(len(encoded.dictionary) + 1, -1, np.int16)
        for code, cell in enumerate(encoded.dictionary.to_pylist()):
            if cell.startswith(prefix) and len(index) < _WORDS_MAX:
                table[code] = index.setdefault(cell.removeprefix(prefix), len(index))
        codes: NDArray[np.int16] = table[_indices(encoded)]
        return codes


_NO_NUMBER = -1000


def _indices(encoded: pa.DictionaryArray) -> NDArray[np.int32]:
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int32)


def _split(data: bytes) -> tuple[list[pa.ChunkedArray], list[str]]:
    """The columns of `_READ` of lines with as many words as a request has, and all other lines."""
    odd: list[str] = []

    def leave_out(row: Any) -> str:
        odd.append(row.text)
        return "skip"

    try:
        # HAProxy writes ASCII; of anything else the CSV reader would tell on the terminal.
        table = _table(data, leave_out) if data.isascii() else None
    except pa.ArrowException:
        table = None
    if table is None:
        columns = [pa.chunked_array([], pa.string()) for _ in _READ]
        return columns, data.decode(errors="replace").split("\n")
    return [table.column(name) for name in _READ], odd


def _table(data: bytes, leave_out: Callable[[Any], str]) -> pa.Table:
    return pyarrow.csv.read_csv(
        pa.BufferReader(data),
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, block_size=len(data) + 1, column_names=_COLUMNS
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=" ", quote_char=False, double_quote=False, invalid_row_handler=leave_out
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in _COLUMNS},
            include_columns=_READ,
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )


def _bytes_of(column: pa.ChunkedArray) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """The bytes of a column of texts; where in them each begins; where it ends."""
    cells = column.combine_chunks()
    _, bounds, data = cells.buffers()
    if not len(cells) or data is None:
        return np.empty(0, np.uint8), np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64)
    kept = np.frombuffer(bounds, np.int32)[cells.offset : cells.offset + len(cells) + 1].astype(np.int64)
    return np.frombuffer(data, np.uint8), kept[:-1], kept[1:]


def _keys(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    data, begins, ends = _bytes_of(column)
    without = pc.equal(column, _NO_ID).to_numpy()
    start = np.minimum(begins + len("id="), ends)
    return keys_in(data, start, np.where(without, start, ends))


def _numbers(column: pa.ChunkedArray, prefix: str) -> NDArray[np.int16]:
    """The numbers behind a prefix; `_NO_NUMBER` where there is none."""
    encoded = column.combine_chunks().dictionary_encode()
    values = [_number(cell.removeprefix(prefix)) for cell in encoded.dictionary.to_pylist()]
    table = np.array([*values, _NO_NUMBER], np.int16)
    numbers: NDArray[np.int16] = table[_indices(encoded)]
    return numbers


def _number(text: str) -> int:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= 3 else _NO_NUMBER


def _wall_ms(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Milliseconds of HAProxy's `%tr`; -1 where it is none."""
    data, begins, ends = _bytes_of(column)
    wall_ms = np.full(len(begins), -1, np.int64)
    rows = np.flatnonzero(ends - begins == len(_STAMP))
    if not rows.size:
        return wall_ms
    text = data[begins[rows, None] + np.arange(len(_STAMP))]
    days, which = np.unique(np.ascontiguousarray(text[:, 2:13]).view("S11").ravel(), return_inverse=True)
    day_ms = np.array([_day_ms(day) for day in days.tolist()], np.int64)[which]
    parts = [(_two(text, at), size) for at, size in ((14, 3_600_000), (17, 60_000), (20, 1000))]
    last = _two(text, 23) * 10 + (text[:, 25].astype(np.int64) - ord("0"))
    good = (day_ms >= 0) & (last >= 0) & np.all([part >= 0 for part, _ in parts], axis=0)
    told = day_ms + sum(part * size for part, size in parts) + last
    wall_ms[rows] = np.where(good, told, -1)
    return wall_ms


def _two(text: NDArray[np.uint8], at: int) -> NDArray[np.int64]:
    """The number in two digits; below 0 where they are none."""
    digits = text[:, at : at + 2].astype(np.int64) - ord("0")
    good = ((digits >= 0) & (digits <= 9)).all(axis=1)
    return np.where(good, digits[:, 0] * 10 + digits[:, 1], -1_000_000)


def _day_ms(day: bytes) -> int:
    """Of `27/Nov/2026`, whatever the locale; -1 where it is no day."""
    parts = day.split(b"/")
    if len(parts) != 3 or parts[1] not in _MONTHS or not (parts[0] + parts[2]).isdigit():
        return -1
    month = _MONTHS.index(parts[1]) + 1
    date = f"{int(parts[2]):04d}-{month:02d}-{int(parts[0]):02d}"
    try:
        return int(np.datetime64(date, "D").astype(np.int64)) * 86_400_000
    except ValueError:
        return -1
