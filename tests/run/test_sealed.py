"""A run is sealed when it is closed, on every way out on which it is closed."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.errors import ExitCode
from harness.evidence.history import EarlierRun, History, RunFigures, read_history
from harness.evidence.manifest import read_manifest
from harness.evidence.names import RunOutcome, Verdict
from harness.evidence.seal import check_seal, sealed_files
from harness.judge import judge_run
from harness.judge.comparable import settings_of
from harness.run import conduct as conducting
from harness.run.conduct import conduct
from tests.run.ended import Ended, run
from tests.run.tiny import World


def _is_whole(ended: Ended) -> bool:
    seal = ended.manifest.seal
    found = check_seal(ended.conducted.run, seal)
    return seal is not None and not found.manifest_changed and not found.differences


def test_a_run_that_completed_is_sealed_with_every_file_of_its_evidence(world: World) -> None:
    ended = run(world)

    assert _is_whole(ended)
    assert ended.manifest.seal is not None
    assert sorted(ended.manifest.seal.files) == [
        "balancer.jsonl", "database.jsonl", "journal.jsonl", "requests/probes.jsonl",
    ]  # fmt: skip
    assert ended.judged.verdict.exit_code == ExitCode.PASS
    assert not [limit for limit in ended.judged.limits if "seal" in limit]


def test_a_run_that_was_aborted_is_sealed_as_well(world: World) -> None:
    world.dies_after = "stop node1 term"

    ended = run(world)

    assert ended.manifest.outcome == RunOutcome.ABORTED
    assert _is_whole(ended)


def test_its_journal_says_beforehand_that_it_will_be(world: World) -> None:
    first = run(world).events[0]

    assert (first.seq, first.edge, first.phase, first.detail) == (0, "note", "setup", {"seals": True})


def test_the_runs_to_compare_with_lie_in_the_folder_from_the_start_and_are_sealed(world: World) -> None:
    order = world.order()
    settings = settings_of(order.scenario.resolved(), "27.1.0", "29.1.0", os.cpu_count())
    figures = RunFigures(
        requests=9, failed=0, outage_s=0, stall_s=0.1, p50_ms=2, p99_ms=2, roll_s=9, cells=()
    )
    one = EarlierRun(
        name="x", started=datetime(2026, 1, 1, tzinfo=UTC), availability=Verdict.PASS, figures=figures
    )
    history = History(format=1, harness="0", settings=settings, runs=(one, one, one))

    ended = Ended(world, conduct(replace(order, earlier=history), means=world.means))

    assert read_history(ended.conducted.run.baseline) == history
    assert ended.manifest.seal is not None
    assert "baseline.json" in ended.manifest.seal.files
    assert "regression" in [question.name for question in ended.judged.questions]


def test_evidence_that_cannot_be_read_at_the_end_is_told_and_the_run_has_an_end_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(folder: object) -> object:
        raise OSError(5, "Input/output error", "journal.jsonl")

    monkeypatch.setattr(conducting, "sealed_files", unreadable)

    ended = run(world)

    assert ended.manifest.outcome == RunOutcome.COMPLETED
    assert ended.manifest.seal is None
    assert ended.conducted.left == ("[Errno 5] Input/output error: 'journal.jsonl'",)
    assert ended.judged.verdict is Verdict.INCONCLUSIVE


def test_a_run_under_way_has_no_seal(world: World) -> None:
    seen: list[object] = []
    world.done.then["stop node2 term"] = lambda: seen.append(read_manifest(_manifest(world)).seal)

    run(world)

    assert seen == [None]


def _manifest(world: World) -> Path:
    (found,) = (world.folder / "reports").rglob("run.json")
    return found


def test_a_line_lost_after_the_close_is_found_by_whoever_judges_it(world: World) -> None:
    ended = run(world)
    balancer = ended.conducted.run.balancer
    balancer.write_bytes(b"".join(balancer.read_bytes().splitlines(keepends=True)[1:]))

    (gap,) = [f for q in judge_run(ended.conducted.run).questions if q.name == "coverage" for f in q.findings]
    assert gap.sentence.startswith("balancer.jsonl is not what was sealed when the run was closed: 1 of its ")
    assert len(sealed_files(ended.conducted.run)) == 4
