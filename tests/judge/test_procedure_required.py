"""What a procedure has to contain, and what may be missing of its evidence."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.story import (
    Story,
    healthy,
    judged,
    ns,
    question,
    sentences,
)


def told(story: Story, path: Path) -> list[str]:
    return sentences(judged(story, path), "procedure")


# --- required steps


def steps_of(story: Story, path: Path, phase: str, step: str, node: str | None = None) -> list[str]:
    story.forget(phase, step, node)
    return told(story, path)


@pytest.mark.parametrize(
    ("phase", "step", "node"),
    [
        ("baseline", "observe", None),
        ("preflight", "versions", None),
        ("trust", "set_trust", None),
        ("cooldown", "observe", None),
        *(("roll", step, "node2") for step in ("drain", "wait_drained", "maint", "stop", "switch", "start")),
        *(("roll", step, "node2") for step in ("ready", "wait_up", "settle")),
    ],
)
def test_a_step_missing_from_a_completed_run_fails(
    tmp_path: Path, phase: str, step: str, node: str | None
) -> None:
    where = f" on {node}" if node else ""

    assert steps_of(healthy(), tmp_path, phase, step, node) == [
        f"FAIL: Step {step}{where} in phase {phase} is not in the journal of a run that completed."
    ]


@pytest.mark.parametrize("step", ["drain", "wait_drained", "maint", "ready"])
def test_an_undrained_roll_needs_no_step_at_the_balancer(tmp_path: Path, step: str) -> None:
    story = healthy(drained=False)
    assert not any(event["step"] == step for event in story.events)

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


@pytest.mark.parametrize("step", ["stop", "switch", "start", "wait_up", "settle"])
def test_a_step_missing_from_an_undrained_roll_fails(tmp_path: Path, step: str) -> None:
    story = healthy(drained=False)

    assert steps_of(story, tmp_path, "roll", step, "node1") == [
        f"FAIL: Step {step} on node1 in phase roll is not in the journal of a run that completed."
    ]


def test_a_run_that_upgrades_nothing_rolls_no_node(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["procedure"] = {"upgrade": False}
    story.forget("roll")
    story.phase("roll", 22, 42)

    assert not [sentence for sentence in told(story, tmp_path) if "Step" in sentence]


def test_a_step_begun_and_never_ended_in_a_completed_run_fails(tmp_path: Path) -> None:
    story = healthy()
    story.events.remove(story.find("roll", "settle", "node2"))

    assert told(story, tmp_path) == ["FAIL: Step settle on node2 in phase roll was begun and never ended."]


def test_a_step_taken_twice_fails(tmp_path: Path) -> None:
    story = healthy()
    story.step("roll", "stop", 40.5, 40.6, node="node1")

    assert "FAIL: Step stop on node1 in phase roll was taken 2 times." in told(story, tmp_path)


def test_a_node_that_was_proven_twice_was_rolled_twice(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.step("roll", "prove", 41, 41.5, node="node1", release_seen="29.1.0")

    assert told(story, tmp_path) == ["FAIL: Step prove on node1 in phase roll was taken 2 times."]


def test_waiting_twice_changes_nothing(tmp_path: Path) -> None:
    story = healthy()
    story.find("cooldown", "observe")["mono_ns"] = ns(50)
    story.step("cooldown", "observe", 50, 54)
    story.step("roll", "settle", 40.5, 40.6, node="node1")

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_a_step_that_failed_and_was_taken_again_was_taken_once(tmp_path: Path) -> None:
    story = healthy()
    story.step("roll", "stop", 40.5, 40.6, node="node1")
    story.find("roll", "stop", "node1")["edge"] = "fail"

    assert not [sentence for sentence in told(story, tmp_path) if "taken" in sentence]


def test_a_required_step_can_not_be_skipped(tmp_path: Path) -> None:
    story = healthy()
    story.forget("roll", "wait_up", "node2")
    story.event(38.1, "skip", "roll", "wait_up", node="node2", reason="no time")

    assert told(story, tmp_path) == [
        "FAIL: Step wait_up on node2 in phase roll was skipped (no time), and this upgrade needs it."
    ]


def test_steps_that_the_table_does_not_name_are_extras_and_may_be_skipped(tmp_path: Path) -> None:
    story = healthy()
    story.step("baseline", "make_cohort", 2, 3)
    story.event(14, "skip", "preflight", "doctor", reason="it has none")

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_a_step_missing_from_a_journal_that_lost_lines_is_not_known_to_be_left_out(tmp_path: Path) -> None:
    story = healthy()
    story.forget("roll", "settle", "node2")
    run = story.write(tmp_path)
    run.journal.write_bytes(run.journal.read_bytes() + b'{"seq":')

    assert sentences(judge_run(run), "procedure") == ["INCONCLUSIVE: The journal ends in a torn line."]


# --- evidence that is missing


def test_an_upgrade_without_samples_of_the_database_is_not_proven(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    run.database.unlink()
    assert sentences(judge_run(run), "procedure") == [
        "INCONCLUSIVE: database.jsonl is missing: what the version tables held is not known."
    ]

    run.database.write_bytes(b"")
    assert sentences(judge_run(run), "procedure") == [
        "INCONCLUSIVE: database.jsonl holds no sample of the version tables: what they held is not known."
    ]


def test_torn_or_damaged_samples_of_the_database_are_inconclusive(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    whole = run.database.read_bytes()
    run.database.write_bytes(b"{]\n" + whole + b'{"kind":')

    assert sentences(judge_run(run), "procedure") == [
        "INCONCLUSIVE: database.jsonl ends in a torn line.",
        "INCONCLUSIVE: database.jsonl holds 1 damaged line.",
    ]


@pytest.mark.parametrize("expected", [{}, {"alembic_version": []}])
def test_a_schema_of_which_nothing_was_expected_is_not_proven(
    tmp_path: Path, expected: dict[str, list[str]]
) -> None:
    story = healthy()
    for phase in ("preflight", "expand", "contract"):
        step = "versions" if phase == "preflight" else "prove_schema"
        story.detail(phase, step).update(expected=expected, seen=expected)

    assert told(story, tmp_path)[:2] == [
        "INCONCLUSIVE: Nothing was expected of the version tables in phase preflight, so its schema is not "
        "proven.",
        "INCONCLUSIVE: Nothing was expected of the version tables in phase expand, so its schema is not "
        "proven.",
    ]


def test_a_run_without_nodes_is_not_proven(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    manifest = orjson.loads(run.manifest.read_bytes())
    run.manifest.write_bytes(orjson.dumps({**manifest, "nodes": []}))

    assert "INCONCLUSIVE: The manifest names no node, so none is proven to serve anything." in sentences(
        judge_run(run), "procedure"
    )


# --- the trust flag


def test_a_flag_that_was_set_before_and_is_set_after_passes(tmp_path: Path) -> None:
    story = healthy()
    story.detail("trust", "set_trust")["before"] = True
    story.detail("restore", "restore_trust").update(before=True, seen=True)

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_a_flag_that_reads_otherwise_after_the_upgrade_fails(tmp_path: Path) -> None:
    story = healthy()
    story.detail("restore", "restore_trust")["seen"] = True

    assert told(story, tmp_path) == [
        "FAIL: log_bin_trust_function_creators was 0 before the upgrade and reads 1 after it."
    ]


def test_a_flag_that_was_never_put_back_fails(tmp_path: Path) -> None:
    story = healthy()
    story.forget("restore")
    story.event(46, "skip", "restore", reason="forgotten")

    assert told(story, tmp_path) == [
        "FAIL: log_bin_trust_function_creators was set for the upgrade and not put back to 0."
    ]


def test_a_flag_left_by_a_dead_harness_is_inconclusive_and_named(tmp_path: Path) -> None:
    story = healthy()
    story.die(25)

    assert told(story, tmp_path)[-1] == (
        "INCONCLUSIVE: log_bin_trust_function_creators was set for the upgrade and not put back to 0."
    )


def test_a_flag_whose_value_is_not_journalled_is_not_proven(tmp_path: Path) -> None:
    story = healthy()
    del story.detail("restore", "restore_trust")["seen"]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The value of log_bin_trust_function_creators before or after is not journalled."
    ]
