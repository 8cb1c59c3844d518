"""How a run ended, phase by phase and step by step."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge import judge_run
from harness.judge.model import Verdict
from harness.judge.questions.procedure import required
from tests.judge.story import (
    ISSUE,
    Story,
    healthy,
    judged,
    question,
    sentences,
)


def told(story: Story, path: Path) -> list[str]:
    return sentences(judged(story, path), "procedure")


# --- how the run ended


def test_a_killed_harness_never_passes_and_says_where_it_died_and_what_is_known(tmp_path: Path) -> None:
    story = healthy()
    story.die(33.5)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "procedure")[0] == (
        "INCONCLUSIVE: The harness died in phase roll, at step stop on node2, last heard of 33.10 s into the "
        "run; the schema was last proven in phase expand, node1 was serving release 29.1.0, node2 was "
        "stopped, last on release 27.1.0."
    )
    finding = question(judgement, "procedure").findings[0]
    assert (finding.phase, finding.step, finding.node) == ("roll", "stop", "node2")


def test_a_harness_killed_after_requests_failed_is_a_failure(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.1)
    story.die(33.5)

    assert judged(story, tmp_path).verdict is Verdict.FAIL


def test_an_aborted_run_is_not_proven_and_gives_the_reason_that_the_harness_gave(tmp_path: Path) -> None:
    story = healthy()
    story.die(33.5)
    story.outcome = "aborted"
    story.event(33.5, "note", "roll", "stop", node="node2", reason="interrupted")

    assert told(story, tmp_path)[0] == (
        "INCONCLUSIVE: The run was aborted in phase roll, at step stop on node2, last heard of 33.50 s "
        "into the run (interrupted); the schema was last proven in phase expand, node1 was serving release "
        "29.1.0, node2 was stopped, last on release 27.1.0."
    )


def test_a_run_whose_harness_is_alive_is_still_going_on(tmp_path: Path) -> None:
    story = healthy()
    story.die(9)

    judgement = judge_run(story.write(tmp_path), running=True)

    assert sentences(judgement, "procedure") == [
        "INCONCLUSIVE: The run is still going on in phase baseline, at step observe, last heard of 2.00 s "
        "into the run; no schema was proven, node1 was serving release 27.1.0, node2 was serving release "
        "27.1.0."
    ]


def test_a_torn_journal_is_inconclusive(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    run.journal.write_bytes(run.journal.read_bytes() + b'{"seq":')

    assert sentences(judge_run(run), "procedure") == ["INCONCLUSIVE: The journal ends in a torn line."]


def test_a_damaged_line_in_the_journal_is_inconclusive_for_what_it_said_is_not_known(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    lines = run.journal.read_bytes().splitlines()
    proof = next(n for n, line in enumerate(lines) if b'"release_seen"' in line)
    lines[proof] = lines[proof][:40]
    run.journal.write_bytes(b"\n".join(lines) + b"\n")

    assert sentences(judge_run(run), "procedure") == ["INCONCLUSIVE: The journal holds 1 damaged line."]


def test_a_line_missing_from_the_journal_is_inconclusive(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    lines = run.journal.read_bytes().splitlines()
    run.journal.write_bytes(b"\n".join(line for line in lines if b'"release_seen"' not in line) + b"\n")

    assert sentences(judge_run(run), "procedure") == [
        "INCONCLUSIVE: The journal's numbers do not count from 0 without gaps: lines are missing or repeated."
    ]


def test_an_empty_journal_is_inconclusive(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    run.journal.write_bytes(b"")

    assert sentences(judge_run(run), "procedure")[0] == (
        "INCONCLUSIVE: The journal is empty: nothing is known of the procedure."
    )
    assert question(judge_run(run), "procedure").verdict is not Verdict.PASS


# --- phases


@pytest.mark.parametrize("phase", ["baseline", "preflight", "expand", "roll", "contract", "cooldown"])
def test_a_phase_missing_from_a_completed_run_fails(tmp_path: Path, phase: str) -> None:
    story = healthy()
    story.forget(phase)

    assert f"FAIL: The phase {phase} is not in the journal of a run that completed." in told(story, tmp_path)


@pytest.mark.parametrize("phase", ["expand", "roll", "contract"])
def test_a_phase_that_the_upgrade_needs_can_not_be_skipped(tmp_path: Path, phase: str) -> None:
    story = healthy()
    story.forget(phase)
    story.event(18, "skip", phase, reason="to see what happens")

    assert f"FAIL: The phase {phase} was skipped (to see what happens), and this upgrade needs it." in told(
        story, tmp_path
    )


@pytest.mark.parametrize("skipped", [False, True])
def test_a_phase_on_which_no_proof_rests_may_be_missing_so_that_runs_from_before_it_keep_their_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skipped: bool
) -> None:
    demanded = {phase: steps for phase, steps in required.REQUIRED.items() if phase != "preflight"}
    monkeypatch.setattr(required, "REQUIRED", demanded)
    story = healthy()
    story.forget("preflight")
    if skipped:
        story.event(15, "skip", "preflight", reason="nobody to tell")

    assert not [sentence for sentence in told(story, tmp_path) if "preflight" in sentence]


def test_a_proof_rests_on_every_phase_that_runs_of_format_1_have() -> None:
    assert all(
        required.is_needed(phase)
        for phase in (
            "baseline", "preflight", "flush", "trust", "expand", "migrate", "roll", "contract", "restore",
            "cooldown",
        )
    )  # fmt: skip


@pytest.mark.parametrize("phase", ["flush", "trust", "migrate", "restore"])
def test_a_phase_with_nothing_to_do_may_be_skipped_with_its_reason(tmp_path: Path, phase: str) -> None:
    story = healthy()
    for name in {phase, "restore"} if phase == "trust" else {phase}:
        story.forget(name)
        story.event(
            16.05 if name == "flush" else 18 if name == "trust" else 46.5, "skip", name, reason="none"
        )
    if phase == "restore":
        story.forget("trust")
        story.event(16.5, "skip", "trust", reason="no binary log")

    assert not [sentence for sentence in told(story, tmp_path) if "skipped" in sentence]


@pytest.mark.parametrize("phase", ["baseline", "cooldown"])
def test_not_even_a_run_that_upgrades_nothing_may_skip_what_it_is_compared_with(
    tmp_path: Path, phase: str
) -> None:
    story = healthy()
    story.scenario["procedure"] = {"upgrade": False}
    story.forget(phase)
    story.event(10 if phase == "baseline" else 50, "skip", phase, reason="in a hurry")

    assert f"FAIL: The phase {phase} was skipped (in a hurry), and this upgrade needs it." in told(
        story, tmp_path
    )


def test_a_skip_without_a_reason_is_inconclusive(tmp_path: Path) -> None:
    story = healthy()
    story.find("migrate", None, edge="skip")["detail"].clear()

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The phase migrate was skipped and no reason is journalled."
    ]


def test_a_phase_that_never_ended_fails_in_a_run_that_says_it_completed(tmp_path: Path) -> None:
    story = healthy()
    story.events.remove(story.find("expand", None))

    assert "FAIL: The phase expand was begun and never ended." in told(story, tmp_path)


def test_phases_out_of_order_fail(tmp_path: Path) -> None:
    story = healthy()
    for event in story.events:
        if event["phase"] == "restore":
            event["mono_ns"] -= 29 * 10**9

    assert (
        "FAIL: The phases were not taken in order: baseline, preflight, flush, trust, restore, expand, "
        "migrate, roll, contract, cooldown." in told(story, tmp_path)
    )


def test_a_phase_begun_twice_fails(tmp_path: Path) -> None:
    story = healthy()
    story.phase("expand", 54.2, 54.5)

    assert "FAIL: The phase expand was begun 2 times." in told(story, tmp_path)


# --- steps


def fail_step(story: Story, phase: str, step: str, node: str | None, reason: str) -> None:
    event = story.find(phase, step, node)
    event["edge"] = "fail"
    event["detail"] = {"busy_s": 1.0, "reason": reason}
    story.outcome = "aborted"
    story.events = [e for e in story.events if e is event or e["mono_ns"] < event["mono_ns"]]


def test_a_failed_step_fails_with_its_reason(tmp_path: Path) -> None:
    story = healthy()
    fail_step(story, "roll", "prove", "node2", "waited 60.0 s for node2 to answer; last seen: 503")

    answers = told(story, tmp_path)

    assert answers[0].startswith("INCONCLUSIVE: The run was aborted in phase roll, at step prove on node2")
    assert answers[1] == (
        "FAIL: Step prove on node2 in phase roll failed after 3.8 s: waited 60.0 s for node2 to answer; last "
        "seen: 503."
    )


def test_a_failed_wait_is_not_charged_where_the_machine_had_no_room(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(ISSUE, 2, 12):
        row["end_ns"] = row["intended_ns"] + 4_000_000_000
    fail_step(story, "roll", "prove", "node2", "waited 60.0 s for node2 to answer")

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "procedure")[1] == (
        "INCONCLUSIVE: Step prove on node2 in phase roll failed after 3.8 s: waited 60.0 s for node2 to "
        "answer (the machine had no room for the load, so the upgrade is not charged)."
    )


def test_a_step_that_fails_before_anything_is_upgraded_is_not_charged_to_the_upgrade(tmp_path: Path) -> None:
    story = healthy()
    fail_step(story, "setup", "load_up", None, "no probe was answered")

    assert told(story, tmp_path)[1] == (
        "INCONCLUSIVE: Step load_up in phase setup failed after 1.0 s: no probe was answered (nothing is "
        "upgraded in this phase, so the upgrade is not charged)."
    )


@pytest.mark.parametrize(
    ("phase", "step"), [("baseline", "observe"), ("cooldown", "observe"), ("teardown", "load_down")]
)
def test_nor_is_one_that_fails_where_nothing_is_upgraded(tmp_path: Path, phase: str, step: str) -> None:
    story = healthy()
    if phase == "teardown":
        story.step("teardown", "load_down", 54.5, 55.5)
    fail_step(story, phase, step, None, "the generator is gone")

    failed = [sentence for sentence in told(story, tmp_path) if f"Step {step} in phase {phase}" in sentence]
    assert [sentence.partition(":")[0] for sentence in failed] == ["INCONCLUSIVE"]


def test_a_step_that_failed_in_an_earlier_run_quotes_the_error_that_was_journalled(tmp_path: Path) -> None:
    story = healthy()
    failed = story.find("expand", "db_sync")
    failed["edge"] = "fail"
    failed["detail"] = {
        "reason": "keystone-manage db_sync --expand exited with 1 (see logs/db_sync_expand.log)",
        "log_errors": [
            "2026-11-22 11:30:01.750 17 ERROR keystone Traceback (most recent call last):",
            "2026-11-22 11:30:01.750 17 ERROR keystone OperationalError: (1061, \"Duplicate key name 'ix'\")",
        ],
    }
    found = sentences(judged(story, tmp_path), "procedure")
    assert any(
        sentence.endswith(
            "exited with 1 (see logs/db_sync_expand.log); its log says: OperationalError: (1061, "
            "\"Duplicate key name 'ix'\")."
        )
        for sentence in found
    )
