"""The question of the procedure: each of its checks passing, failing and undecidable."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.story import (
    ISSUE,
    NEW_TABLES,
    OLD_TABLES,
    VALIDATE,
    Story,
    healthy,
    judged,
    ns,
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


# --- schema


def test_db_sync_that_exits_with_an_error_fails(tmp_path: Path) -> None:
    story = healthy()
    story.detail("expand", "db_sync")["exit_code"] = 1

    assert told(story, tmp_path) == ["FAIL: keystone-manage db_sync --expand exited with 1."]


def test_db_sync_without_an_exit_code_is_not_proven(tmp_path: Path) -> None:
    story = healthy()
    del story.detail("expand", "db_sync")["exit_code"]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The exit code of keystone-manage db_sync --expand is not journalled."
    ]


def test_db_sync_that_logs_an_error_fails_even_if_it_exits_with_0(tmp_path: Path) -> None:
    story = healthy()
    story.detail("contract", "db_sync")["log_errors"] = ["ERROR keystone: lost connection.", "ERROR again"]

    assert told(story, tmp_path) == [
        "FAIL: keystone-manage db_sync --contract logged 2 errors, the first: ERROR keystone: lost "
        "connection."
    ]


def test_expected_and_seen_tables_are_compared_again_whatever_the_driver_concluded(tmp_path: Path) -> None:
    story = healthy()
    story.detail("expand", "prove_schema")["seen"] = OLD_TABLES

    assert told(story, tmp_path) == [
        "FAIL: In phase expand the version tables hold alembic_version 47147121, c88cdce8f248, expected "
        "alembic_version 742c857f1dfb, c88cdce8f248."
    ]


def test_the_order_of_rows_in_a_version_table_means_nothing(tmp_path: Path) -> None:
    story = healthy()
    tables = {"alembic_version": list(reversed(NEW_TABLES["alembic_version"]))}
    story.detail("expand", "prove_schema")["seen"] = tables

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_tables_that_are_not_journalled_prove_nothing(tmp_path: Path) -> None:
    story = healthy()
    del story.detail("expand", "prove_schema")["seen"]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The version tables of phase expand are not journalled, so its schema is not proven."
    ]


def test_a_skipped_expand_inside_its_phase_fails(tmp_path: Path) -> None:
    story = healthy()
    story.forget("expand", "db_sync")
    story.event(18, "skip", "expand", "db_sync", reason="injected")
    story.detail("expand", "prove_schema")["seen"] = OLD_TABLES

    assert told(story, tmp_path) == [
        "FAIL: In phase expand the version tables hold alembic_version 47147121, c88cdce8f248, expected "
        "alembic_version 742c857f1dfb, c88cdce8f248.",
        "FAIL: The phase expand ended without its step db_sync.",
    ]


@pytest.mark.parametrize("phase", ["expand", "migrate", "contract"])
def test_a_schema_phase_gone_through_without_its_steps_fails(tmp_path: Path, phase: str) -> None:
    story = healthy()
    if phase == "migrate":
        story.forget("migrate")
        story.phase("migrate", 21.9, 22)
    else:
        story.forget(phase, "db_sync")
        story.forget(phase, "prove_schema")

    assert told(story, tmp_path) == [
        f"FAIL: The phase {phase} ended without its step db_sync.",
        f"FAIL: The phase {phase} ended without its step prove_schema.",
    ]


def test_a_last_sample_that_contradicts_the_last_proof_fails(tmp_path: Path) -> None:
    story = healthy()
    story.versions[-1]["tables"] = OLD_TABLES

    assert told(story, tmp_path) == [
        "FAIL: The last sample of the version tables holds alembic_version 47147121, c88cdce8f248, expected "
        "alembic_version 742c857f1dfb, c88cdce8f248."
    ]


def test_a_last_sample_from_before_the_last_db_sync_ended_says_nothing_of_what_it_left(
    tmp_path: Path,
) -> None:
    for tables in (OLD_TABLES, NEW_TABLES):
        story = healthy()
        story.versions = [{**story.versions[0], "tables": tables}]

        assert told(story, tmp_path / tables["alembic_version"][0]) == [
            "INCONCLUSIVE: The version tables were last sampled 12.00 s into the run, before db_sync of "
            "phase contract had ended: what they held after it is the harness's word alone."
        ]


# --- nodes


def test_a_node_that_was_never_proven_fails_and_makes_contract_too_early(tmp_path: Path) -> None:
    story = healthy()
    story.forget("roll", "prove", "node2")

    assert told(story, tmp_path) == [
        "FAIL: node2 was not proven on release 29.1.0.",
        "FAIL: Contract began 43.00 s into the run, before node2 was proven on release 29.1.0.",
    ]


def test_a_node_that_answers_as_the_old_release_fails(tmp_path: Path) -> None:
    story = healthy()
    story.detail("roll", "prove", "node2")["release_seen"] = "27.1.0"

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "procedure") == [
        "FAIL: node2 answered as release 27.1.0 when it was to be proven on 29.1.0.",
        "FAIL: node2 was not proven on release 29.1.0.",
        "FAIL: Contract began 43.00 s into the run, before node2 was proven on release 29.1.0.",
    ]
    assert {finding.node for finding in question(judgement, "procedure").findings} == {"node2"}


def test_a_proof_that_failed_is_none_whatever_release_it_saw(tmp_path: Path) -> None:
    story = healthy()
    story.find("roll", "prove", "node2")["edge"] = "fail"

    assert told(story, tmp_path)[1:] == [
        "FAIL: node2 was not proven on release 29.1.0.",
        "FAIL: Contract began 43.00 s into the run, before node2 was proven on release 29.1.0.",
    ]


def test_contract_before_two_nodes_names_both_and_lays_it_to_neither(tmp_path: Path) -> None:
    story = healthy()
    story.move("contract", "db_sync", -20)

    finding = next(
        each
        for each in question(judged(story, tmp_path), "procedure").findings
        if each.sentence.startswith("Contract began")
    )
    assert "before node1 and node2 were proven" in finding.sentence
    assert finding.node is None


def test_a_look_at_the_nodes_that_failed_is_none(tmp_path: Path) -> None:
    story = healthy()
    story.find("contract", "prove_nodes")["edge"] = "fail"

    assert "FAIL: Contract ran without asking every node for its release first." in told(story, tmp_path)


def test_contract_before_the_last_node_fails(tmp_path: Path) -> None:
    story = healthy()
    story.move("contract", "db_sync", -8)

    assert "FAIL: Contract began 35.00 s into the run, before node2 was proven on release 29.1.0." in told(
        story, tmp_path
    )


def test_contract_that_asked_no_node_first_fails(tmp_path: Path) -> None:
    story = healthy()
    story.forget("contract", "prove_nodes")

    assert told(story, tmp_path) == ["FAIL: Contract ran without asking every node for its release first."]


def test_a_node_seen_on_the_old_release_right_before_contract_fails(tmp_path: Path) -> None:
    story = healthy()
    story.detail("contract", "prove_nodes")["seen"] = {"node1": "29.1.0", "node2": "27.1.0"}

    assert told(story, tmp_path) == ["FAIL: Before contract node2 served release 27.1.0, not 29.1.0."]


def test_contract_whose_look_at_the_nodes_is_not_journalled_is_not_proven(tmp_path: Path) -> None:
    story = healthy()
    del story.detail("contract", "prove_nodes")["seen"]

    assert told(story, tmp_path) == ["INCONCLUSIVE: What each node served before contract is not journalled."]


def test_an_answer_of_the_old_release_after_the_roll_fails(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 50, 51):
        row.update(release="27.1.0", node="node2")

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "procedure") == [
        "FAIL: 2 requests in token_validate/reused were answered by node2 on release 27.1.0 after every node "
        "was proven on 29.1.0."
    ]
    (finding,) = question(judgement, "procedure").findings
    assert (finding.node, finding.release, finding.requests) == ("node2", "27.1.0", 2)


def test_an_old_answer_that_names_no_node_fails_as_well(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 50, 51):
        row.update(release="27.1.0", node=None)

    assert told(story, tmp_path) == [
        "FAIL: 2 requests in token_validate/reused were answered by an unnamed node on release 27.1.0 after "
        "every node was proven on 29.1.0."
    ]


def test_a_node_that_falls_back_after_its_own_proof_fails_though_others_are_still_to_come(
    tmp_path: Path,
) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 29, 30):
        row.update(release="27.1.0", node="node1")

    assert told(story, tmp_path) == [
        "FAIL: 2 requests in token_validate/reused were answered by node1 on release 27.1.0 after it had "
        "been proven on 29.1.0."
    ]


def test_an_old_answer_to_what_left_before_the_nodes_own_proof_is_no_relapse(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 27, 28):
        row.update(release="27.1.0", node="node1", end_ns=row["end_ns"] + 2_000_000_000)

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_a_relapse_is_known_although_another_node_was_never_proven(tmp_path: Path) -> None:
    story = healthy()
    story.forget("roll", "prove", "node2")
    for row in story.due(VALIDATE, 50, 51):
        row.update(release="27.1.0", node="node1")

    assert told(story, tmp_path)[-1] == (
        "FAIL: 2 requests in token_validate/reused were answered by node1 on release 27.1.0 after it had "
        "been proven on 29.1.0."
    )


def test_a_node_that_answered_nobody_after_the_roll_is_not_proven_by_traffic(tmp_path: Path) -> None:
    story = healthy()
    for rows in story.records.values():
        for row in rows:
            row["node"] = "node1" if row["release"] == "29.1.0" else row["node"]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: No answer of node2 on release 29.1.0 was seen after the last node was proven."
    ]


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
