"""Turns a stretch of request lines into compact columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from harness.evidence.names import Outcome
from harness.evidence.request_key import keys_in, keys_of
from harness.evidence.request_line import KEYS, NUMBERS, problem_of, row_of

WORDS = ("lane", "op", "connection", "status", "outcome", "error", "detail", "node", "release")
KEPT_WORDS = ("lane", "outcome", "error", "node", "release")

_BLOCK_BYTES = 4 << 20
_LAST = KEYS[-1]
"""The request id: read as it stands, for no two are alike."""
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of words: `words[codes[i]]` is the word of row i, `codes[i]` is -1 where it is null."""

    codes: NDArray[np.int32]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole record lines, in the order of the file; arrays have one element a record."""

    numbers: dict[str, NDArray[np.int64]]
    """By key of `NUMBERS`."""
    status: NDArray[np.int16]
    coded: dict[str, Coded]
    """By key of `KEPT_WORDS`."""
    line_at: NDArray[np.int64]
    """Byte at which the record's line begins in its file; -1 for requests that went well."""
    key: NDArray[np.uint64]
    """Of the request's id, by `request_key`."""
    malformed: int
    """Lines that are no JSON object, or no record."""


class _OtherLayoutError(Exception):
    """The lines are not laid out as `RecordWriter` lays them out; read them one by one."""


def parse_chunk(data: bytes, at: int) -> Chunk:
    """Columns of the lines in `data`, which begins at byte `at` of its file and ends with a newline.

    `RecordWriter` writes every record with the same keys in the same order, so such lines are a table whose
    cells are separated by commas: a CSV reader splits them three times as fast as any JSON reader at hand,
    and each distinct cell of a word column is then parsed as the JSON that it is. Lines with a comma inside
    a text fall out and are parsed one by one; so is every line of a chunk laid out in any other way.

    Raises:
        BadLineError: a line lacks a required key or holds an impossible value.
    """
    try:
        return _parse_table(data, at)
    except (_OtherLayoutError, pa.ArrowException):
        return _parse_lines(_split(data, at))


def _parse_table(data: bytes, at: int) -> Chunk:
    # The CSV reader drops a byte order mark, and tells of a line that is not UTF-8 on the terminal.
    if not data.startswith(b"{") or not _is_utf8(data):
        raise _OtherLayoutError
    table, odd = _split_cells(data)
    # A row must be a line: to the CSV reader a carriage return ends one as well.
    if table.num_rows + len(odd) != data.count(b"\n"):
        raise _OtherLayoutError
    numbers = {key: _numbers(table.column(key), key) for key in NUMBERS}
    _require_possible_times(numbers)
    words = {key: _words(table.column(key), key) for key in WORDS}
    _require_plain_ids(table.column(_LAST))
    chunk = Chunk(
        numbers=numbers,
        status=_statuses(words["status"]),
        coded={key: _coded(words[key]) for key in KEPT_WORDS},
        line_at=np.full(table.num_rows, -1, np.int64),
        key=_keys(table.column(_LAST)),
        malformed=0,
    )
    return _with_odd_lines(chunk, odd, data, at)


def _split_cells(data: bytes) -> tuple[pa.Table, list[int]]:
    """The table of the lines with as many cells as a record has, and the indices of all other lines."""
    odd: list[int] = []

    def leave_out(row: Any) -> str:
        odd.append(row.number - 1)
        return "skip"

    table = pyarrow.csv.read_csv(
        pa.BufferReader(data),
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, block_size=min(_BLOCK_BYTES, len(data) + 1), column_names=KEYS
        ),
        parse_options=pyarrow.csv.ParseOptions(
            quote_char=False, double_quote=False, ignore_empty_lines=False, invalid_row_handler=leave_out
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={key: _DICTIONARY if key in WORDS else pa.string() for key in KEYS},
            include_columns=[*NUMBERS, *WORDS, _LAST],
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    return table, odd


def _is_utf8(data: bytes) -> bool:
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False


def _numbers(column: pa.ChunkedArray, key: str) -> NDArray[np.int64]:
    prefix = ("{" if key == KEYS[0] else "") + f'"{key}":'
    if not pc.all(pc.starts_with(column, prefix), min_count=0).as_py():
        raise _OtherLayoutError
    sliced = pc.utf8_slice_codeunits(column, len(prefix))
    numbers = np.asarray(pc.cast(sliced, pa.int64()).to_numpy(), dtype=np.int64)
    if not all(_are_json_numbers(chunk, len(prefix)) for chunk in column.chunks):
        raise _OtherLayoutError
    return numbers


def _are_json_numbers(cells: pa.Array, prefix_bytes: int) -> bool:
    """Whether cells that were read as numbers begin as numbers of JSON do: 007, +7 and 0x7 are none there."""
    bounds, data = _bytes_of(cells)
    first = data[bounds[:-1] + prefix_bytes]
    alone = np.diff(bounds) == prefix_bytes + 1
    return bool((((first >= ord("1")) & (first <= ord("9"))) | ((first == ord("0")) & alone)).all())


def _bytes_of(cells: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Where in the bytes of an array of texts each begins, and where the last ends; then the bytes."""
    _, bounds, data = cells.buffers()
    if not len(cells) or data is None:
        return np.zeros(1, np.int32), np.empty(0, np.uint8)
    kept = np.frombuffer(bounds, np.int32)[cells.offset : cells.offset + len(cells) + 1]
    return kept, np.frombuffer(data, np.uint8)


def _require_plain_ids(column: pa.ChunkedArray) -> None:
    """Leave it to the reading line by line where a request id is more than plain characters between quotes.

    There are as many ids as requests, so they are not parsed one by one. Each cell begins with three quotes
    and ends with one; if there are four times as many as cells, none has another.
    """
    if not _are_ids(column):
        without = pc.equal(column, f'"{_LAST}":null}}')
        if not _are_ids(column.filter(pc.invert(without))):
            raise _OtherLayoutError


def _are_ids(cells: pa.ChunkedArray) -> bool:
    begin, end = pc.starts_with(cells, f'"{_LAST}":"'), pc.ends_with(cells, '"}')
    return bool(pc.all(pc.and_(begin, end), min_count=0).as_py()) and all(map(_are_plain, cells.chunks))


def _are_plain(cells: pa.Array) -> bool:
    bounds, data = _bytes_of(cells)
    text = data[bounds[0] : bounds[-1]]
    if not text.size:
        return True
    quotes = np.count_nonzero(text == ord('"'))
    printable = text.min() >= ord(" ") and text.max() <= ord("~")
    return bool(printable and quotes == 4 * len(cells) and not (text == ord("\\")).any())


_ID_BEGINS = len(f'"{_LAST}":"')
_ID_ENDS = len('"}')


def _keys(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Of cells that `_require_plain_ids` let pass; one without an id has no quote before its value."""
    parts = [np.empty(0, np.uint64)]
    for cells in column.chunks:
        bounds, data = _bytes_of(cells)
        begins, ends = bounds[:-1].astype(np.int64) + _ID_BEGINS, bounds[1:].astype(np.int64) - _ID_ENDS
        without = data[begins - 1] != ord('"') if len(begins) else np.empty(0, np.bool_)
        parts.append(keys_in(data, begins, np.where(without, begins, ends)))
    return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class _Words:
    """Codes of a word column into the JSON values of its distinct cells."""

    codes: NDArray[np.int32]
    values: list[Any]


def _words(column: pa.ChunkedArray, key: str) -> _Words:
    unified = column.unify_dictionaries()
    if unified.num_chunks == 0:
        return _Words(np.empty(0, np.int32), [])
    codes = np.concatenate([chunk.indices.to_numpy(zero_copy_only=False) for chunk in unified.chunks])
    return _Words(
        codes.astype(np.int32, copy=False),
        [_cell(cell, key) for cell in unified.chunk(0).dictionary.to_pylist()],
    )


def _cell(cell: str, key: str) -> Any:
    """The JSON value of the cell `"key":value`."""
    try:
        pair = orjson.loads("{" + cell + "}")
    except orjson.JSONDecodeError as error:
        raise _OtherLayoutError from error
    if list(pair) != [key] or problem_of(key, pair[key]):
        raise _OtherLayoutError
    return pair[key]


def _statuses(words: _Words) -> NDArray[np.int16]:
    return np.array(words.values, np.int16)[words.codes]


def _coded(words: _Words) -> Coded:
    """Drop null from the words: it gets the code -1."""
    if None not in words.values:
        return Coded(words.codes, tuple(words.values))
    kept = tuple(value for value in words.values if value is not None)
    table = np.array([-1 if value is None else kept.index(value) for value in words.values], np.int32)
    return Coded(table[words.codes], kept)


def _require_possible_times(numbers: dict[str, NDArray[np.int64]]) -> None:
    """Leave it to the reading line by line to say which line is impossible."""
    possible = (
        bool((numbers["seq"] >= 0).all())
        and bool((numbers["intended_ns"] >= 0).all())
        and bool((numbers["start_ns"] >= 0).all())
        and bool((numbers["end_ns"] >= numbers["start_ns"]).all())
    )
    if not possible:
        raise _OtherLayoutError


def _with_odd_lines(chunk: Chunk, odd: list[int], data: bytes, at: int) -> Chunk:
    """The chunk with the lines that did not split, and with the places of all that did not go well."""
    outcome = chunk.coded["outcome"]
    ok = outcome.words.index(Outcome.OK) if Outcome.OK in outcome.words else -2
    bad = np.flatnonzero(outcome.codes != ok)
    if not odd and not bad.size:
        return chunk
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    begins = np.concatenate([np.zeros(1, np.int64), newlines + 1])
    split = np.delete(np.arange(len(newlines)), odd)
    chunk.line_at[bad] = begins[split[bad]] + at
    if not odd:
        return chunk
    lines = ((at + int(begins[i]), data[begins[i] : newlines[i]]) for i in odd)
    places, rest = _parse_placed(lines)
    return _in_order(join([chunk, rest]), np.concatenate([begins[split] + at, places]))


def _in_order(chunk: Chunk, places: NDArray[np.int64]) -> Chunk:
    """The records by where their lines begin."""
    order = np.argsort(places, kind="stable")
    return Chunk(
        numbers={key: column[order] for key, column in chunk.numbers.items()},
        status=chunk.status[order],
        coded={key: Coded(coded.codes[order], coded.words) for key, coded in chunk.coded.items()},
        line_at=chunk.line_at[order],
        key=chunk.key[order],
        malformed=chunk.malformed,
    )


def join(chunks: list[Chunk]) -> Chunk:
    """One chunk of several, in order."""
    return Chunk(
        numbers={key: np.concatenate([chunk.numbers[key] for chunk in chunks]) for key in NUMBERS},
        status=np.concatenate([chunk.status for chunk in chunks]),
        coded={key: _join_coded([chunk.coded[key] for chunk in chunks]) for key in KEPT_WORDS},
        line_at=np.concatenate([chunk.line_at for chunk in chunks]),
        key=np.concatenate([chunk.key for chunk in chunks]),
        malformed=sum(chunk.malformed for chunk in chunks),
    )


def _join_coded(parts: list[Coded]) -> Coded:
    index: dict[str, int] = {}
    codes = [recode(part, index) for part in parts]
    return Coded(np.concatenate(codes), tuple(index))


def recode(coded: Coded, index: dict[str, int]) -> NDArray[np.int32]:
    """Codes by a shared `index` of words, which grows by the words it does not have yet."""
    table = np.empty(len(coded.words) + 1, np.int32)
    table[-1] = -1  # code -1 reads the last element
    for code, word in enumerate(coded.words):
        table[code] = index.setdefault(word, len(index))
    return table[coded.codes]


def _split(data: bytes, at: int) -> Iterable[tuple[int, bytes]]:
    for line in data.split(b"\n"):
        yield at, line
        at += len(line) + 1


def _parse_lines(lines: Iterable[tuple[int, bytes]]) -> Chunk:
    return _parse_placed(lines)[1]


def _parse_placed(lines: Iterable[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Chunk]:
    """Where each record's line begins, and the records."""
    rows: list[dict[str, Any]] = []
    begins: list[int] = []
    malformed = 0
    for at, line in lines:
        if not line.strip():
            continue
        row = row_of(line, at)
        if row is None:
            malformed += 1
            continue
        rows.append(row)
        begins.append(at)
    places = np.array(begins, np.int64)
    ok = np.array([row["outcome"] == Outcome.OK for row in rows], np.bool_)
    chunk = Chunk(
        numbers={key: np.array([row[key] for row in rows], np.int64) for key in NUMBERS},
        status=np.array([row["status"] for row in rows], np.int16),
        coded={key: _code([row[key] for row in rows]) for key in KEPT_WORDS},
        line_at=np.where(ok, -1, places),
        key=keys_of([row["request_id"] for row in rows]),
        malformed=malformed,
    )
    return places, chunk


def _code(values: list[str | None]) -> Coded:
    index: dict[str, int] = {}
    codes = [-1 if value is None else index.setdefault(value, len(index)) for value in values]
    return Coded(np.array(codes, np.int32), tuple(index))
