"""The samplers: what is looked at, when, and what happens where it cannot be seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.deployment.abilities import Activity, LockHolder, Waiting
from harness.errors import StepError
from harness.evidence.journal import Journal, read_journal
from harness.evidence.jsonl import JsonLinesWriter, read_jsonl
from harness.evidence.names import Phase, Step
from harness.procedure.activity import ActivitySampler
from harness.procedure.sampler import Sampler
from harness.procedure.stage import Stage

DEADLINE_S = 30.0


def until(label: str, is_true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while not is_true():
        assert time.monotonic() < end_s, f"waited {DEADLINE_S:g} s for {label}"
        time.sleep(0.01)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    journal = Journal(tmp_path / "journal.jsonl")
    yield Stage(journal)
    journal.close()


def rows(path: Path) -> list[dict[str, Any]]:
    return list(read_jsonl(path).rows)


def notes(tmp_path: Path) -> list[str]:
    return [
        event.detail["words"]
        for event in read_journal(tmp_path / "journal.jsonl").events
        if event.edge == "note"
    ]


# --- the balancer


def balancer_sampler(
    stage: Stage, tmp_path: Path, counters: Callable[[], Mapping[str, Mapping[str, int | str]]]
) -> Sampler:
    return Sampler(counters, tmp_path / "balancer.jsonl", tmp_path / "requests", stage, lambda _: None)


def test_the_balancer_is_looked_at_at_both_edges_of_each_step(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "balancer.jsonl"
    with balancer_sampler(stage, tmp_path, lambda: {"node1": {"wretr": 7}}):
        with stage.phase(Phase.ROLL), stage.step(Phase.ROLL, Step.STOP, "node1"):
            pass
        until("both samples", lambda: sum("edge" in row for row in rows(path)) == 2)

    edges = [(row["phase"], row["step"], row["edge"]) for row in rows(path) if "edge" in row]
    assert edges == [("roll", "stop", "begin"), ("roll", "stop", "end")]
    assert rows(path)[0]["servers"] == {"node1": {"wretr": 7}}


def test_a_balancer_that_does_not_answer_holds_up_no_step(stage: Stage, tmp_path: Path) -> None:
    answered = threading.Event()

    def counters() -> Mapping[str, Mapping[str, int | str]]:
        answered.wait(DEADLINE_S)
        return {}

    with balancer_sampler(stage, tmp_path, counters):
        with stage.phase(Phase.ROLL), stage.step(Phase.ROLL, Step.STOP, "node1"):
            pass
        assert rows(tmp_path / "balancer.jsonl") == []
        answered.set()


def test_a_balancer_that_can_not_be_asked_is_noted_once(stage: Stage, tmp_path: Path) -> None:
    asked = 0

    def counters() -> Mapping[str, Mapping[str, int | str]]:
        nonlocal asked
        asked += 1
        raise StepError("no answer")

    with balancer_sampler(stage, tmp_path, counters):
        with stage.phase(Phase.ROLL), stage.step(Phase.ROLL, Step.STOP, "node1"):
            pass
        until("two attempts", lambda: asked >= 2)

    assert notes(tmp_path) == ["a sample could not be taken: StepError: no answer"]


# --- the database

WAITS = Activity(
    (
        Waiting(
            7,
            "keystone",
            "Waiting for table metadata lock",
            1.5,
            "ALTER TABLE user",
            "keystone-manage db_sync --expand",
            (LockHolder(9, "keystone", "node-1", "MDL_SHARED_READ", ""),),
        ),
    ),
    2,
    3.25,
)


def test_what_waits_in_the_database_is_written_with_phase_and_step(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "database.jsonl"

    @contextmanager
    def watch() -> Iterator[Callable[[], Activity]]:
        yield lambda: WAITS

    with (
        JsonLinesWriter(path) as samples,
        ActivitySampler(watch, samples, stage, lock_wait_s_max=1.0),
        stage.phase(Phase.EXPAND),
        stage.step(Phase.EXPAND, Step.DB_SYNC),
    ):
        until("samples in the step", lambda: sum(row["step"] == "db_sync" for row in rows(path)) > 1)

    row = next(row for row in rows(path) if row["step"] == "db_sync")
    del row["mono_ns"]
    assert row == {
        "kind": "activity",
        "phase": "expand",
        "step": "db_sync",
        "waiting": [
            {
                "thread": 7,
                "account": "keystone",
                "seconds": 1.5,
                "state": "Waiting for table metadata lock",
                "statement": "ALTER TABLE user",
                "program": "keystone-manage db_sync --expand",
                "holders": [
                    {
                        "thread": 9,
                        "account": "keystone",
                        "program": "node-1",
                        "lock": "MDL_SHARED_READ",
                        "statement": "",
                    }
                ],
            }
        ],
        "transactions": 2,
        "oldest_transaction_s": 3.25,
    }


def test_a_connection_that_breaks_is_noted_once_and_made_anew(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "database.jsonl"
    made = 0

    @contextmanager
    def watch() -> Iterator[Callable[[], Activity]]:
        nonlocal made
        made += 1
        if made < 3:
            raise StepError("the database is away")
        yield lambda: WAITS

    with (
        JsonLinesWriter(path) as samples,
        ActivitySampler(watch, samples, stage, lock_wait_s_max=1.0),
        stage.phase(Phase.EXPAND),
    ):
        until("a sample", lambda: bool(rows(path)))

    assert notes(tmp_path) == ["what waits in the database cannot be seen: the database is away"]
