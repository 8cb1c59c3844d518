"""What a step tells of itself: the keys of format 1 go in and come out, damage reads as unknown."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import orjson
import pytest

from harness.evidence.outcomes import (
    Advice,
    Backup,
    BaselineJudged,
    CellsChecked,
    Cleared,
    CohortMade,
    CommandRun,
    DatabaseCheck,
    DatabaseSynced,
    Drained,
    Ending,
    FaultBroken,
    FaultNote,
    LoadDown,
    Migration,
    NodeProven,
    NodesProven,
    OldDataMade,
    ReadBackDone,
    Remark,
    Result,
    Stopped,
    Switched,
    Tables,
    TrustRestored,
    TrustSet,
)

TABLES = {"alembic_version": ["c27", "e29"]}
MIGRATION = {"branch": "expand", "revision": "e29", "title": "t", "started_ns": 5, "duration_s": 0.1}

JOURNALLED: list[tuple[type[Result], dict[str, Any]]] = [
    (Ending, {"busy_s": 0.5, "reason": "waited 3.0 s for node1"}),
    (Remark, {"words": "a sample could not be taken"}),
    (Cleared, {"cleared": ["lab a1 of a dead harness"]}),
    (
        CommandRun,
        {"command": ["keystone-manage", "doctor"], "exit_code": -9, "duration_s": 1, "log": "l"},
    ),
    (Advice, {"advisory": True}),
    (DatabaseCheck, {"answer": "contract is due", "advisory": True, "trusted": False}),
    (BaselineJudged, {"objection": None}),
    (BaselineJudged, {"objection": "it failed"}),
    (Backup, {"bytes": 56125}),
    (Tables, {"expected": TABLES, "seen": TABLES}),
    (DatabaseSynced, {"migrations": [MIGRATION], "log_errors": []}),
    (TrustSet, {"binlog": True, "before": False, "after": True}),
    (TrustRestored, {"before": False, "seen": False}),
    (NodesProven, {"expected": "29.1.0", "seen": {"node1": "29.1.0", "node2": None}}),
    (Drained, {"sessions_left": 0, "deadline_s": 30.0}),
    (Stopped, {"signal": "term"}),
    (Switched, {"release": "29.1.0"}),
    (NodeProven, {"release_expected": "29.1.0", "release_seen": "29.1.0", "requests": 9}),
    (ReadBackDone, {"entities": 484, "changing": 33, "requests": 532}),
    (CohortMade, {"made": 4, "objections": []}),
    (
        OldDataMade,
        {
            "objects": {"old_ec2": 1, "old_projects": 1100},
            "left_out": {"old_sha512_crypt": "27.1.0 does not read it"},
            "objections": {},
        },
    ),
    (CellsChecked, {"cells": {"ok": 29, "broken": 0, "unknown": 0}}),
    (
        LoadDown,
        {
            "generator": "probes",
            "exit_code": 0,
            "killed": False,
            "records": 3087,
            "faults": [],
            "connections": {"token_issue/new": {"opened": 442, "reused": 0}},
        },
    ),
    (
        FaultNote,
        {
            "fault": "freeze",
            "kind": "freeze_all",
            "number": 1,
            "node": None,
            "duration_s_asked": 2.0,
            "begin_ns": 7,
            "end_ns": 9,
        },
    ),
    (FaultBroken, {"error": "OSError: gone"}),
]
"""As journals of format 1 hold them."""

DAMAGES: list[object] = [None, True, -1, 0.5, "x", [], [None, {}], {}, {"a": None}, {"a": [1]}, [[{}]]]

_ids = [f"{kind.__name__}-{number}" for number, (kind, _) in enumerate(JOURNALLED)]


@pytest.mark.parametrize(("kind", "detail"), JOURNALLED, ids=_ids)
def test_what_was_journalled_is_written_again_as_it_was(kind: type[Result], detail: dict[str, Any]) -> None:
    assert kind.of(detail).detail() == detail
    assert orjson.loads(orjson.dumps(kind.of(detail).detail())) == detail


@pytest.mark.parametrize(("kind", "detail"), JOURNALLED, ids=_ids)
def test_keys_of_others_are_let_be(kind: type[Result], detail: dict[str, Any]) -> None:
    assert kind.of({**detail, "weather": ["fair"]}) == kind.of(detail)


@pytest.mark.parametrize(
    "damage",
    [float("nan"), float("inf"), object(), b"", {1}, -(2**70) + 0.5],
    ids=lambda damage: type(damage).__name__,
)
@pytest.mark.parametrize(("kind", "detail"), JOURNALLED, ids=_ids)
def test_a_damaged_value_reads_as_unknown_and_never_raises(
    kind: type[Result], detail: dict[str, Any], damage: object
) -> None:
    read = kind.of(dict.fromkeys(detail, damage))
    assert [getattr(read, field.name) for field in fields(read)] == [None] * len(fields(read))


@pytest.mark.parametrize(("kind", "detail"), JOURNALLED, ids=_ids)
def test_nothing_that_json_can_hold_raises(kind: type[Result], detail: dict[str, Any]) -> None:
    for damage in DAMAGES:
        read = kind.of(dict.fromkeys(detail, damage))
        assert kind.of(read.detail()) == read


def test_what_is_not_known_is_not_journalled() -> None:
    assert NodeProven(release_expected="29.1.0").detail() == {"release_expected": "29.1.0"}
    assert TrustSet(after=False).detail() == {"after": False}


def test_a_number_is_no_flag_unless_it_is_one_or_nought() -> None:
    assert TrustSet.of({"before": 1, "after": 0}) == TrustSet(before=True, after=False)
    assert TrustSet.of({"before": 2, "after": "false"}) == TrustSet()


def test_a_flag_is_no_number() -> None:
    assert CommandRun.of({"exit_code": False, "duration_s": True}) == CommandRun()


def test_an_error_line_of_another_type_is_still_an_error() -> None:
    assert DatabaseSynced.of({"log_errors": [7]}).log_errors == ("7",)


def test_a_table_without_rows_leaves_no_table_known() -> None:
    assert Tables.of({"seen": {"alembic_version": 7, "migrate_version": ["1"]}}).seen is None


def test_a_node_that_told_no_version_is_there_all_the_same() -> None:
    assert NodesProven.of({"seen": {"node1": 29}}).seen == {"node1": None}


def test_of_a_migration_what_is_whole_is_read() -> None:
    read = DatabaseSynced.of({"migrations": [{"revision": "e29", "started_ns": "soon"}, "lost"]})
    assert read.migrations == (Migration(revision="e29"),)


def test_a_fault_is_over_once_both_its_times_are_known() -> None:
    assert FaultNote(begin_ns=5, end_ns=5).is_over
    assert not FaultNote(fault="freeze_all").is_over
    assert not FaultNote.of({"begin_ns": 5, "end_ns": "later"}).is_over
