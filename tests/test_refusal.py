"""What is wrong with a file or a setting, in one printable sentence that knows nothing of pydantic."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from harness.refusal import escaped_lines, problem


class _Signal(StrEnum):
    TERM = "term"
    KILL = "kill"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: int = 0
    op: Annotated[str, Field(pattern="^[a-z]+$")] = "issue"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    needed: str = "here"
    number: Annotated[float, Field(ge=1, lt=9)] = 1.0
    whole: Annotated[int, Field(gt=0)] | None = None
    flag: bool = False
    rows: Annotated[tuple[_Row, ...], Field(max_length=2)] = ()
    named: dict[str, list[str]] = {}
    signal: _Signal = _Signal.TERM
    kind: Literal["local"] = "local"
    day: date = date(2026, 1, 1)
    time: datetime | None = None
    folder: Path | None = None
    row: _Row | None = None
    pattern: str = ""

    @field_validator("pattern")
    @classmethod
    def _sound(cls, pattern: str) -> str:
        if "(" in pattern:
            raise ValueError("it is no pattern")
        return pattern


class _Needy(_Table):
    must: int


def _problem(document: Any, model: type[BaseModel] = _Table) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(document)
    return problem(caught.value, model, whole="the document")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"needed": 3}, "needed: 3 is not possible; expected text"),
        ({"number": 0}, "number: 0 is not possible; expected at least 1"),
        ({"number": 9.5}, "number: 9.5 is not possible; expected less than 9"),
        ({"number": float("inf")}, "number: inf is not possible; expected a finite number"),
        ({"number": "many"}, "number: 'many' is not possible; expected a number"),
        ({"whole": 0}, "whole: 0 is not possible; expected more than 0"),
        ({"whole": 1.5}, "whole: 1.5 is not possible; expected a whole number"),
        ({"whole": "x"}, "whole: 'x' is not possible; expected a whole number"),
        ({"flag": "perhaps"}, "flag: 'perhaps' is not possible; expected true or false"),
        ({"flag": None}, "flag: null is not possible; expected true or false"),
        ({"rows": 3}, "rows: 3 is not possible; expected a list"),
        ({"rows": [{}, {}, {}]}, "rows: expected 2 entries or fewer"),
        ({"rows": [7]}, "rows.0: 7 is not possible; expected a table"),
        ({"rows": [{"at": None}]}, "rows.0.at: null is not possible; expected a whole number"),
        ({"rows": [{"op": "A"}]}, "rows.0.op: 'A' is not possible; expected text that matches ^[a-z]+$"),
        ({"named": {"a": True}}, "named.a: true is not possible; expected a list"),
        ({"named": []}, "named: expected a table"),
        ({"signal": "hup"}, "signal: 'hup' is not possible; expected one of 'term' or 'kill'"),
        ({"kind": "far"}, "kind: 'far' is not possible; expected 'local'"),
        ({"day": "soon"}, "day: 'soon' is not possible; expected a date, such as 2026-12-31"),
        (
            {"time": "soon"},
            "time: 'soon' is not possible; expected a date and time, such as 2026-12-31T23:59:59Z",
        ),
        ({"folder": 3}, "folder: 3 is not possible; expected a path"),
        ({"row": 3}, "row: 3 is not possible; expected a table"),
        ({"pattern": "("}, "pattern: '(' is not possible; it is no pattern"),
        ({"rows": [{"when": 3}]}, "rows.0.when: unknown key; known here: at, op"),
        ({"row": {"when": 3}}, "row.when: unknown key; known here: at, op"),
        ([], "the document: expected a table"),
        ("text", "the document: 'text' is not possible; expected a table"),
    ],
)
def test_it_names_the_key_what_is_wrong_and_what_was_expected(document: Any, sentence: str) -> None:
    assert _problem(document) == sentence


def test_a_key_that_is_missing_is_to_be_added() -> None:
    assert _problem({}, _Needy) == "must: is missing; add it"


def test_a_key_that_was_misspelt_is_told_and_not_that_it_is_missing() -> None:
    assert _problem({"musst": 1}, _Needy).startswith("musst: unknown key; known here: day, flag, ")


@pytest.mark.parametrize(
    "document",
    [
        {"a\nharness: all is well": 1},
        {"a\x1b[2Jb": 1},
        {"a\u202eb": 1},
        {"needed": ["\n", "\x1b"], "number": "a\nb"},
        {"number": "\x9b2J\u2028"},
        {"named": {"a\rb": 3}},
    ],
)
def test_neither_a_key_nor_a_value_ends_the_line_or_steers_the_terminal(document: Any) -> None:
    assert _problem(document).isprintable()


@pytest.mark.parametrize(
    "document", [{"number": "9" * 100_000}, {"k" * 100_000: 1}, {"number": [[1] * 9_999]}]
)
def test_what_is_long_is_shortened(document: Any) -> None:
    assert len(_problem(document)) < 400


def test_a_number_that_python_can_not_write_is_told_in_words() -> None:
    assert _problem({"signal": 16**9_000}) == (
        "signal: a number of very many digits is not possible; expected one of 'term' or 'kill'"
    )


def test_what_is_secret_is_not_told() -> None:
    with pytest.raises(ValidationError) as caught:
        _Table.model_validate({"number": "hunter2"})
    assert problem(caught.value, tell_values=False) == "number: expected a number"


def test_the_end_of_a_log_keeps_its_lines_and_loses_what_steers_a_terminal() -> None:
    assert escaped_lines("it exited; the end of the log:\n\x1b[2Jone\r\ntwo") == (
        "it exited; the end of the log:\n\\x1b[2Jone\\r\ntwo"
    )
