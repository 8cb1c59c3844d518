"""Turns a stretch of request lines into compact columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from harness.evidence.names import Outcome
from harness.evidence.records import Record

KEYS = tuple(field.name for field in fields(Record))
"""Keys of a record in the order in which `RecordWriter` writes them."""
NUMBERS = ("seq", "intended_ns", "start_ns", "end_ns")
WORDS = ("lane", "op", "connection", "status", "outcome", "error", "node", "release")
KEPT_WORDS = ("lane", "outcome", "error", "node", "release")

_OPTIONAL = frozenset({"error", "detail", "node", "release", "request_id"})
_OUTCOMES = frozenset(str(outcome) for outcome in Outcome)
_STATUS_MAX = 999
_INT64_MAX = 2**63 - 1
_BLOCK_BYTES = 4 << 20
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
    malformed: int
    """Lines that are no JSON object, or no record."""


class BadLineError(Exception):
    """A line is JSON, but not a record of format 1: says at which byte it begins and what is wrong."""

    def __init__(self, at: int, problem: str) -> None:
        super().__init__(problem)
        self.at = at
        self.problem = problem


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
    except (_OtherLayoutError, pa.ArrowInvalid, UnicodeDecodeError):
        return _parse_lines(_split(data, at))


def _parse_table(data: bytes, at: int) -> Chunk:
    table, odd = _split_cells(data)
    # A row is a line, so this also says that every line ends with the brace it should end with.
    if table.num_rows + len(odd) != data.count(b"}\n"):
        raise _OtherLayoutError
    numbers = {key: _numbers(table.column(key), key) for key in NUMBERS}
    _require_possible_times(numbers)
    words = {key: _words(table.column(key), key) for key in WORDS}
    chunk = Chunk(
        numbers=numbers,
        status=_statuses(words["status"]),
        coded={key: _coded(words[key]) for key in WORDS if key != "status"},
        line_at=np.full(table.num_rows, -1, np.int64),
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
            column_types={key: pa.string() if key in NUMBERS else _DICTIONARY for key in KEYS},
            include_columns=[*NUMBERS, *WORDS],
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    return table, odd


def _numbers(column: pa.ChunkedArray, key: str) -> NDArray[np.int64]:
    prefix = ("{" if key == KEYS[0] else "") + f'"{key}":'
    if not pc.all(pc.starts_with(column, prefix), min_count=0).as_py():
        raise _OtherLayoutError
    sliced = pc.utf8_slice_codeunits(column, len(prefix))
    return np.asarray(pc.cast(sliced, pa.int64()).to_numpy(), dtype=np.int64)


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
    if list(pair) != [key] or _problem(key, pair[key]):
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
    return join([chunk, _parse_lines(lines)])


def join(chunks: list[Chunk]) -> Chunk:
    """One chunk of several, in order."""
    return Chunk(
        numbers={key: np.concatenate([chunk.numbers[key] for chunk in chunks]) for key in NUMBERS},
        status=np.concatenate([chunk.status for chunk in chunks]),
        coded={key: _join_coded([chunk.coded[key] for chunk in chunks]) for key in KEPT_WORDS},
        line_at=np.concatenate([chunk.line_at for chunk in chunks]),
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
        if line.strip():
            yield at, line
        at += len(line) + 1


def _parse_lines(lines: Iterable[tuple[int, bytes]]) -> Chunk:
    rows: list[dict[str, Any]] = []
    begins: list[int] = []
    malformed = 0
    for at, line in lines:
        row = record_of(line, at)
        if row is None:
            malformed += 1
            continue
        rows.append(row)
        begins.append(-1 if row["outcome"] == Outcome.OK else at)
    return Chunk(
        numbers={key: np.array([row[key] for row in rows], np.int64) for key in NUMBERS},
        status=np.array([row["status"] for row in rows], np.int16),
        coded={key: _code([row[key] for row in rows]) for key in KEPT_WORDS},
        line_at=np.array(begins, np.int64),
        malformed=malformed,
    )


def _code(values: list[str | None]) -> Coded:
    index: dict[str, int] = {}
    codes = [-1 if value is None else index.setdefault(value, len(index)) for value in values]
    return Coded(np.array(codes, np.int32), tuple(index))


def record_of(line: bytes, at: int) -> dict[str, Any] | None:
    """The record in a line, or None where the line is damaged.

    Raises:
        BadLineError: it is a JSON object, but a required key is missing or has an impossible value.
    """
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(row, dict) or "header" in row or "footer" in row:
        return None
    for key in KEYS:
        if key not in row:
            raise BadLineError(at, f"the key {key!r} is missing")
        problem = _problem(key, row[key])
        if problem:
            raise BadLineError(at, f"{key!r} is {row[key]!r}, expected {problem}")
    if row["end_ns"] < row["start_ns"]:
        raise BadLineError(at, f"'end_ns' is {row['end_ns']}, before 'start_ns' {row['start_ns']}")
    return row


def _problem(key: str, value: object) -> str | None:
    """What was expected of a key where the value is something else; None where it is right."""
    if key in NUMBERS:
        right = type(value) is int and 0 <= value <= _INT64_MAX
        return None if right else "a whole number from 0 to 2^63 - 1"
    if key == "status":
        right = type(value) is int and 0 <= value <= _STATUS_MAX
        return None if right else f"a whole number from 0 to {_STATUS_MAX}"
    if key == "outcome":
        return None if value in _OUTCOMES else f"one of {', '.join(sorted(_OUTCOMES))}"
    if value is None and key in _OPTIONAL:
        return None
    return None if isinstance(value, str) else "text" + (" or null" if key in _OPTIONAL else "")
