"""One line of a request file, held against what a record is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import orjson
from pydantic import TypeAdapter

from harness.evidence.names import Outcome
from harness.evidence.records import Lane, Record
from harness.evidence.rows import parsed
from harness.refusal import shown

KEYS = tuple(field.name for field in fields(Record))
"""Keys of a record in the order in which `RecordWriter` writes them."""
NUMBERS = ("seq", "intended_ns", "start_ns", "end_ns")

_OPTIONAL = frozenset({"error", "detail", "node", "release", "request_id"})
_OUTCOMES = frozenset(str(outcome) for outcome in Outcome)
_STATUS_MAX = 999
_INT64_MAX = 2**63 - 1


class BadLineError(Exception):
    """A line is JSON, but not a record of format 1: says at which byte it begins and what is wrong."""

    def __init__(self, at: int, problem: str) -> None:
        super().__init__(problem)
        self.at = at
        self.problem = problem


def row_of(line: bytes, at: int) -> dict[str, Any] | None:
    """The keys of the record in a line that begins at byte `at`, or None where the line is damaged.

    Raises:
        BadLineError: it is a JSON object, but a required key is missing or has an impossible value.
    """
    row = _object(line)
    if row is not None and (problem := _problem_of_row(row)):
        raise BadLineError(at, problem)
    return row


def record_of(line: bytes) -> Record | None:
    """The record in a line; None where there is none, or an impossible one."""
    row = _object(line)
    if row is None or _problem_of_row(row):
        return None
    return Record(**{key: row[key] for key in KEYS})


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return row if isinstance(row, dict) and "header" not in row and "footer" not in row else None


@dataclass(frozen=True, slots=True)
class _Header:
    """What is read of a header; its file and its clock stand in `run.json` as well."""

    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class _HeaderLine:
    """The first line of a request file."""

    header: _Header


_HEADER_LINE = TypeAdapter(_HeaderLine)


def lanes_of(line: bytes) -> tuple[Lane, ...] | None:
    """The lanes that a header names; None where the line is no header, or a damaged one."""
    try:
        told = parsed(_HEADER_LINE, orjson.loads(line))
    except orjson.JSONDecodeError:
        return None
    return None if told is None else told.header.lanes


def _problem_of_row(row: Mapping[str, Any]) -> str | None:
    for key in KEYS:
        if key not in row:
            return f"the key {key!r} is missing"
        problem = problem_of(key, row[key])
        if problem:
            return f"{key!r} is {shown(row[key])}, expected {problem}"
    if row["end_ns"] < row["start_ns"]:
        return f"'end_ns' is {row['end_ns']}, before 'start_ns' {row['start_ns']}"
    return None


def problem_of(key: str, value: object) -> str | None:
    """What was expected of a key where the value is something else; None where it is right."""
    if key in NUMBERS:
        right = type(value) is int and 0 <= value <= _INT64_MAX
        return None if right else "a whole number from 0 to 2^63 - 1"
    if key == "status":
        right = type(value) is int and 0 <= value <= _STATUS_MAX
        return None if right else f"a whole number from 0 to {_STATUS_MAX}"
    if key == "outcome":
        right = isinstance(value, str) and value in _OUTCOMES
        return None if right else f"one of {', '.join(sorted(_OUTCOMES))}"
    if value is None and key in _OPTIONAL:
        return None
    return None if isinstance(value, str) else "text" + (" or null" if key in _OPTIONAL else "")
