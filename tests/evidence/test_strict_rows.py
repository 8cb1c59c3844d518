"""Rows of another shape than their format's: damage that is counted, or a refusal by file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.errors import UsageError
from harness.evidence.continuity import read_cells
from harness.evidence.database import read_database
from harness.evidence.journal import read_journal
from harness.evidence.ledger import Ledger, read_ledger
from harness.evidence.manifest import read_manifest
from harness.judge.comparable import differences

RESTORE = "restore the file from where the run was made."
EVENT = {"seq": 0, "mono_ns": 1, "phase": "roll", "step": None, "node": None, "edge": "begin", "detail": {}}
PLACE = {"node": "node1", "release": None}
CELL = {
    "mono_ns": 1,
    "phase": "roll",
    "step": "check_continuity",
    "check": "catalog",
    "made_at": PLACE,
    "checked_at": PLACE,
    "cached": None,
    "outcome": "broken",
    "took_s": None,
    "detail": None,
    "request_id": None,
}
INVOKED = {
    "seq": 0,
    "edge": "invoked",
    "mono_ns": 1,
    "lane": "user_create/new",
    "op": "user_create",
    "name": "alice",
    "entity_id": None,
    "asked": {},
    "request_id": "req-1",
}
COMPLETED = {"seq": 0, "edge": "completed", "mono_ns": 2, "outcome": "ok", "entity_id": "u1"}
BEGIN = {"stage": "roll", "edge": "begin", "views": ["balancer"], "cut_off_ns": 9}
ENTITY = {"kind": "user", "name": "alice", "writes": [], "found": {}}
VERSIONS = {"kind": "versions", "mono_ns": 1, "tables": {"alembic_version": ["a"]}}
ACTIVITY = {"kind": "activity", "mono_ns": 1, "waiting": [{"thread": 1, "seconds": 2.5}]}
MANIFEST = {
    "format": 1,
    "scenario": {},
    "from": {"series": "2025.1", "version": "27.1.0"},
    "to": {"series": "2026.1", "version": "29.1.0"},
    "nodes": ["node1"],
    "clock": {"wall_ns": 1, "mono_ns": 1},
    "started": "2026-01-01T00:00:00Z",
    "ended": None,
    "outcome": None,
    "host": {},
    "seed": 1,
}


def _lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    return path


def _ledger(tmp_path: Path, writes: tuple[object, ...] = (), found: tuple[object, ...] = ()) -> Ledger:
    _lines(tmp_path / "ledger" / "probes.jsonl", *writes)
    return read_ledger(tmp_path / "ledger", _lines(tmp_path / "ledger.jsonl", *found))


def _refusal(read: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(UsageError) as refused:
        read(path)
    return str(refused.value).replace(f"{path}", path.name)


# --- the ledger: damage is counted


@pytest.mark.parametrize(
    "changed",
    [
        {"seq": [1]},
        {"seq": None},
        {"seq": True},
        {"seq": "0"},
        {"mono_ns": -1},
        {"op": "user_get"},
        {"op": ["user_create"]},
        {"asked": []},
        {"asked": {"enabled": 0.5}},
        {"edge": ["invoked"]},
        {"lane": 3},
    ],
    ids=repr,
)
def test_an_invoked_write_that_is_damaged_is_counted_and_so_is_its_end_that_has_none_now(
    changed: dict[str, Any], tmp_path: Path
) -> None:
    noted = _ledger(tmp_path, ({**INVOKED, **changed}, COMPLETED))
    assert (noted.writes, noted.damaged) == ((), 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"seq": [1]},
        {"seq": {}},
        {"outcome": {}},
        {"outcome": "fine"},
        {"mono_ns": "2"},
        {"mono_ns": None},
        {"error": 7},
        {"entity_id": 3},
        {"edge": "compelted"},
    ],
    ids=repr,
)
def test_a_write_whose_end_is_damaged_may_have_happened(changed: dict[str, Any], tmp_path: Path) -> None:
    noted = _ledger(tmp_path, (INVOKED, {**COMPLETED, **changed}))
    assert [write.outcome for write in noted.writes] == ["unknown"]
    assert noted.damaged == 1


def test_of_two_ends_of_one_write_the_first_counts_and_the_other_is_damage(tmp_path: Path) -> None:
    noted = _ledger(tmp_path, (INVOKED, COMPLETED, {**COMPLETED, "outcome": "failed"}, INVOKED))
    assert [write.outcome for write in noted.writes] == ["ok"]
    assert noted.damaged == 2


@pytest.mark.parametrize(
    "row",
    [
        {**BEGIN, "views": None},
        {**BEGIN, "views": "balancer"},
        {**BEGIN, "cut_off_ns": "soon"},
        {**BEGIN, "stage": ["roll"]},
        {**BEGIN, "stage": {}},
        {**BEGIN, "edge": "began"},
        {"stage": "roll", "edge": "end", "mono_ns": "late"},
        {"stage": "roll", "edge": "end", "requests": []},
        {"stage": "roll", "edge": "end", "errors": 5},
        {"stage": "roll", "edge": "entity"},
        {"stage": "roll", "edge": "entity", "entity": {**ENTITY, "changing": "no"}},
    ],
    ids=repr,
)
def test_a_row_of_the_read_back_that_is_damaged_is_counted(row: dict[str, Any], tmp_path: Path) -> None:
    whole = {"stage": "roll", "edge": "entity", "entity": ENTITY}
    noted = _ledger(tmp_path, (), (row, whole))
    assert [len(stage.entities) for stage in noted.read_backs] == [1]
    assert noted.damaged == 1


# --- the others: without them nothing can be judged


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"seq": True}, "seq: true is not possible; expected a whole number"),
        ({"seq": -1}, "seq: -1 is not possible; expected at least 0"),
        ({"mono_ns": None}, "mono_ns: null is not possible; expected a whole number"),
        ({"edge": "fial"}, "edge: 'fial' is not possible; expected one of "),
        ({"detail": []}, "detail: expected a table"),
        (
            {"detail": {"migrations": [{"duration_s": True}]}},
            "detail: migrations.0.duration_s: true is not possible; expected a number",
        ),
    ],
)
def test_a_damaged_line_of_the_journal_is_refused_by_its_number(
    changed: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(orjson.dumps(EVENT) + b"\nlost\n" + orjson.dumps({**EVENT, **changed}) + b"\n")
    told = _refusal(read_journal, path)
    assert told.startswith(f"journal.jsonl, line 3: {words}")
    assert told.endswith(f"; {RESTORE}")


def test_of_two_lines_of_the_journal_with_one_number_the_first_counts_and_the_other_is_damage(
    tmp_path: Path,
) -> None:
    """A journal that stood there twice had a roll of less than no time, which broke the comparison."""
    again = {**EVENT, "mono_ns": 7}
    read = read_journal(_lines(tmp_path / "journal.jsonl", EVENT, again, {**EVENT, "seq": 1}))
    assert [(event.seq, event.mono_ns) for event in read.events] == [(0, 1), (1, 1)]
    assert (read.torn, read.malformed) == (0, 1)


def test_a_migration_of_which_it_is_not_known_when_it_began_is_read(tmp_path: Path) -> None:
    detail = {"migrations": [{"started_ns": None, "duration_s": None}, "an index"], "log_errors": None}
    path = _lines(tmp_path / "journal.jsonl", {**EVENT, "detail": detail})
    assert read_journal(path).events[0].detail == detail


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"outcome": "brokn"},
            "outcome: 'brokn' is not possible; expected one of 'ok', 'broken' or 'unknown'",
        ),
        ({"outcome": {}}, "outcome: expected one of 'ok', 'broken' or 'unknown'"),
        ({"cached": 1}, "cached: 1 is not possible; expected true or false"),
        ({"mono_ns": 1.0}, "mono_ns: 1.0 is not possible; expected a whole number"),
        ({"took_s": "1"}, "took_s: '1' is not possible; expected a number"),
        ({"made_at": {"node": 3, "release": None}}, "made_at.node: 3 is not possible; expected text"),
    ],
)
def test_a_damaged_check_of_continuity_is_refused(
    changed: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """With a mistyped outcome a check that had failed was left out, and the run passed."""
    path = _lines(tmp_path / "continuity.jsonl", {**CELL, **changed})
    assert _refusal(read_cells, path) == f"continuity.jsonl, line 1: {words}; {RESTORE}"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({**VERSIONS, "kind": 7}, "kind: 7 is not possible; expected text"),
        ({**VERSIONS, "mono_ns": None}, "mono_ns: null is not possible; expected a whole number"),
        ({**VERSIONS, "tables": {"a": "b"}}, "tables.a: 'b' is not possible; expected a list"),
        ({**ACTIVITY, "waiting": [7]}, "waiting.0: 7 is not possible; expected a table"),
        ({**ACTIVITY, "waiting": {}}, "waiting: expected a list"),
        ({**ACTIVITY, "transactions": "3"}, "transactions: '3' is not possible; expected a whole number"),
        (
            {**ACTIVITY, "waiting": [{"seconds": "2"}]},
            "waiting.0.seconds: '2' is not possible; expected a number",
        ),
    ],
)
def test_a_damaged_sample_of_the_database_is_refused(row: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = _lines(tmp_path / "database.jsonl", VERSIONS, row)
    assert _refusal(read_database, path) == f"database.jsonl, line 2: {words}; {RESTORE}"


@pytest.mark.parametrize(
    ("started", "words"),
    [
        ("0001-01-01T00:00:00Z", "the year is 1, expected 1970 to 2261"),
        ("9999-12-31T23:59:59Z", "the year is 9999, expected 1970 to 2261"),
        ("2026-01-01T00:00:00", "it lacks its offset from UTC, such as Z"),
    ],
)
def test_a_run_of_another_age_is_refused(started: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(orjson.dumps({**MANIFEST, "started": started}))
    told = _refusal(read_manifest, path)
    assert told == f"run.json: started: {started!r} is not possible; {words}; {RESTORE}"


def test_a_run_whose_values_lie_too_deep_in_each_other_is_refused(tmp_path: Path) -> None:
    """The seal could not be worked out of it, and that was a traceback."""
    path = tmp_path / "run.json"
    whole = orjson.dumps({**MANIFEST, "scenario": {"x": "HERE"}})
    path.write_bytes(whole.replace(b'"HERE"', b"[" * 300 + b"]" * 300))
    told = _refusal(read_manifest, path)
    assert told == (
        "run.json: its values lie too deep in each other; restore it from where the run was made."
    )


def test_settings_that_differ_are_told_in_short_however_long_they_are() -> None:
    told = differences({"x" * 300_000: "1"}, {"y": "z" * 300_000})
    assert told is not None
    assert len(told) < 1_000


# --- lines


@pytest.mark.parametrize(
    "damage", [b"", b"\x00\x00", b"\xff\xfe", b"[1]", b'{"a": NaN}', b"[" * 5000, b'{"a":01}']
)
def test_a_line_that_is_no_object_is_damage_and_so_is_a_blank_one(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "continuity.jsonl"
    path.write_bytes(damage + b"\n" + orjson.dumps(CELL) + b"\n")
    read = read_cells(path)
    assert (len(read.cells), read.damaged) == (1, 1)
