from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import ExitCode, HarnessError, NoRoomError, StepError
from harness.evidence.journal import Event, Journal, read_journal
from harness.evidence.jsonl import JsonLinesWriter
from harness.procedure.context import Context
from harness.procedure.driver import drive
from harness.procedure.plan import plan
from harness.procedure.server_watch import ServerWatch
from harness.procedure.stage import Stage
from harness.releases.schema import Schema
from harness.scenario import parse_scenario
from tests.procedure.doubles import (
    NEW,
    NEW_HEADS,
    OLD,
    OLD_HEADS,
    FakeDeployment,
    LivingGenerator,
    deployment,
    prove,
)

QUICK = {"baseline_s": 0, "cooldown_s": 0, "phase_s_min": 0}


class Story:
    """One upgrade of a deployment in memory, and what its journal says afterwards."""

    def __init__(self, folder: Path, lab: FakeDeployment, **scenario: Any) -> None:
        self.lab = lab
        self.folder = folder
        (folder / "logs").mkdir()
        document = {
            "name": "story",
            "procedure": QUICK,
            "roll": {"settle_s": 0},
            "continuity": {"enabled": False},  # its nodes must answer: tests/procedure/continuity
        } | scenario
        self.scenario = parse_scenario(document, "story.toml")
        stage = Stage(Journal(folder / "journal.jsonl"))
        self.context = Context(
            scenario=self.scenario,
            schema=Schema({OLD.version: OLD_HEADS, NEW.version: NEW_HEADS}),
            deployment=lab,
            generator=LivingGenerator(),
            servers=ServerWatch(lab.deaths, [node.name for node in lab.nodes], stage),
            stage=stage,
            logs=folder / "logs",
            database_samples=JsonLinesWriter(folder / "database.jsonl"),
            prove_node=prove,
            baseline_objection=lambda: None,
            read_back=lab.read_back,
        )

    def run(self) -> None:
        nodes = [node.name for node in self.lab.nodes]
        drive(self.context, plan(self.scenario, OLD, NEW, nodes, needs_trust=True))

    @property
    def events(self) -> tuple[Event, ...]:
        return read_journal(self.folder / "journal.jsonl").events

    def event(self, phase: str, step: str, edge: str = "end") -> Event:
        return next(e for e in self.events if (e.phase, e.step, e.edge) == (phase, step, edge))


def test_a_drained_upgrade_does_everything_once_and_in_order(tmp_path: Path) -> None:
    story = Story(tmp_path, deployment())
    story.run()
    node_roll = [
        "drain {0}",
        "maint {0}",
        "stop {0} term",
        "switch {0} 29.1.0",
        "start {0}",
        "prove {0}",
        "ready {0}",
    ]
    assert story.lab.done == [
        "backup",
        "doctor",
        "upgrade check",
        "trust 1",
        "db_sync --expand",
        "db_sync --check",
        *(line.format(node) for node in ("node1", "node2", "node3") for line in node_roll),
        "read back roll",
        "prove node1",
        "prove node2",
        "prove node3",
        "db_sync --contract",
        "db_sync --check",
        "trust 0",
        "read back contract",
    ]
    assert story.event("cooldown", "read_back").detail["entities"] == 2


def test_a_step_is_in_the_journal_before_it_acts(tmp_path: Path) -> None:
    lab = deployment()
    story = Story(tmp_path, lab)
    seen: list[tuple[str | None, str]] = []
    lab.nodes[0].start = lambda: seen.append((story.events[-1].step, story.events[-1].edge))  # type: ignore[method-assign]
    lab.nodes[0].running = True
    with pytest.raises(StepError):
        story.run()
    assert seen == [("start", "begin")]


def test_a_failed_expand_stops_the_procedure_and_the_flag_is_put_back(tmp_path: Path) -> None:
    lab = deployment()
    lab.upgrade_host.exit_codes["db_sync --expand"] = 1
    story = Story(tmp_path, lab)
    with pytest.raises(StepError) as caught:
        story.run()
    assert str(caught.value) == (
        "keystone-manage db_sync --expand exited with 1 (see logs/db_sync_expand.log); "
        "nothing was rolled any further"
    )
    assert lab.done[-2:] == ["db_sync --expand", "trust 0"]
    assert story.event("expand", "db_sync", "fail").detail["exit_code"] == 1
    assert story.event("restore", "restore_trust").detail["seen"] is False


DUPLICATE = "sqlalchemy.exc.OperationalError: (1061, \"Duplicate key name 'ix_t'\")"


def test_a_failed_expand_quotes_its_own_error_and_not_only_the_name_of_its_log(tmp_path: Path) -> None:
    lab = deployment()
    lab.upgrade_host.exit_codes["db_sync --expand"] = 1
    lab.upgrade_host.printed["db_sync --expand"] = (
        f"2026-11-22 11:30:01.123 17 ERROR keystone {DUPLICATE}\n[SQL: CREATE INDEX ix_t ON t (id)]\n"
    )
    story = Story(tmp_path, lab)
    with pytest.raises(StepError) as caught:
        story.run()
    assert str(caught.value) == (
        f"keystone-manage db_sync --expand exited with 1: {DUPLICATE} (see logs/db_sync_expand.log); "
        "nothing was rolled any further"
    )
    assert story.event("expand", "db_sync", "fail").detail["reason"] == str(caught.value)


def test_a_required_doctor_that_finds_fault_is_quoted(tmp_path: Path) -> None:
    lab = deployment()
    lab.upgrade_host.exit_codes["doctor"] = 1
    lab.upgrade_host.printed["doctor"] = "keystone-manage: error: no such symptom\n"
    with pytest.raises(
        StepError, match="and the scenario requires 0: keystone-manage: error: no such symptom"
    ):
        Story(tmp_path, lab, procedure={"doctor": "required"}).run()


def test_a_node_that_never_serves_is_told_with_the_last_error_of_its_log(tmp_path: Path) -> None:
    lab = deployment()
    lab.nodes[1].dies_with = "ModuleNotFoundError: No module named 'keystone.wsgi'\nunable to load app 0\n"
    story = Story(tmp_path, lab)
    with pytest.raises(StepError) as caught:
        story.run()
    assert str(caught.value).endswith(
        "; the last error of its log: ModuleNotFoundError: No module named 'keystone.wsgi'"
    )


def test_an_expand_that_moves_no_version_table_is_not_proven(tmp_path: Path) -> None:
    lab = deployment()
    lab.upgrade_host.moves_schema = False
    story = Story(tmp_path, lab)
    with pytest.raises(StepError, match="the version tables hold"):
        story.run()
    failed = story.event("expand", "prove_schema", "fail")
    assert failed.detail["expected"] == {"alembic_version": ["c27", "e29"]}
    assert failed.detail["seen"] == {"alembic_version": ["c27", "e27"]}
    assert not any(done.startswith("stop") for done in lab.done)


def test_an_error_in_the_log_of_a_command_that_exits_with_0_is_not_overlooked(tmp_path: Path) -> None:
    lab = deployment()
    line = "2026-11-22 11:30:01.123 17 ERROR keystone.common.sql [-] Table is broken"
    lab.upgrade_host.printed["db_sync --expand"] = line + "\n"
    story = Story(tmp_path, lab)
    with pytest.raises(StepError, match="exited with 0 but logged an error"):
        story.run()
    assert story.event("expand", "db_sync", "fail").detail["log_errors"] == [line]


def test_a_node_that_comes_back_on_the_old_release_stops_the_roll(tmp_path: Path) -> None:
    lab = deployment()
    lab.nodes[1].stays_on = OLD
    with pytest.raises(StepError) as caught:
        Story(tmp_path, lab).run()
    assert str(caught.value) == "node2 was started on 29.1.0 and answers as 27.1.0"
    assert "stop node3 term" not in lab.done
    assert "ready node2" not in lab.done


def test_contract_is_refused_while_an_old_node_serves(tmp_path: Path) -> None:
    lab = deployment()
    story = Story(tmp_path, lab)

    def rolled_back(node: Any, release: Any, deadline_s: float) -> tuple[str, int]:
        if any(done == "prove node3" for done in lab.done) and node.name == "node2":
            return OLD.version, 2
        return prove(node, release, deadline_s)

    story.context.prove_node = rolled_back
    with pytest.raises(StepError) as caught:
        story.run()
    assert str(caught.value) == ("node2 serves 27.1.0, not 29.1.0: contract would break it, so it is refused")
    assert "db_sync --contract" not in lab.done
    assert story.event("contract", "prove_nodes", "fail").detail["seen"]["node2"] == "27.1.0"


def test_a_drain_that_never_empties_goes_on_at_its_deadline_and_says_what_was_left(tmp_path: Path) -> None:
    lab = deployment()
    lab.balancer.sessions_left["node1"] = [2]
    story = Story(tmp_path, lab, roll={"settle_s": 0, "drain_deadline_s": 0.2})
    story.run()
    assert story.event("roll", "wait_drained").detail["sessions_left"] == 2


def test_a_node_that_the_balancer_never_sees_up_stops_the_roll(tmp_path: Path) -> None:
    lab = deployment()
    lab.balancer.down.add("node1")
    story = Story(tmp_path, lab, roll={"settle_s": 0, "wait_up_deadline_s": 0.2})
    with pytest.raises(StepError, match=r"for the balancer to see node1 up; last seen: status DOWN"):
        story.run()


def test_a_required_doctor_stops_the_procedure_and_an_advisory_one_does_not(tmp_path: Path) -> None:
    lab = deployment()
    lab.upgrade_host.exit_codes["doctor"] = 1
    (tmp_path / "advisory").mkdir()
    Story(tmp_path / "advisory", lab).run()
    lab = deployment()
    lab.upgrade_host.exit_codes["doctor"] = 1
    (tmp_path / "required").mkdir()
    story = Story(tmp_path / "required", lab, procedure=QUICK | {"doctor": "required"})
    with pytest.raises(StepError, match="the scenario requires 0"):
        story.run()
    assert "trust 1" not in lab.done


def test_what_db_check_answers_is_recorded_and_not_trusted(tmp_path: Path) -> None:
    lab = deployment()
    lab.upgrade_host.exit_codes["db_sync --check"] = 2
    story = Story(tmp_path, lab)
    story.run()
    detail = story.event("contract", "db_check").detail
    assert (detail["exit_code"], detail["answer"], detail["advisory"]) == (2, "expand is due", True)


def test_a_flag_that_cannot_be_put_back_never_hides_the_first_failure(tmp_path: Path) -> None:
    lab = deployment()
    lab.upgrade_host.exit_codes["db_sync --expand"] = 1
    lab.database.trust_breaks = True
    story = Story(tmp_path, lab)
    with pytest.raises(StepError, match="db_sync --expand exited with 1"):
        story.run()
    assert story.events[-1].edge == "note"
    assert story.events[-1].detail["words"].endswith("SET GLOBAL log_bin_trust_function_creators = 0")


def test_a_generator_that_dies_in_the_roll_stops_it_before_the_next_step(tmp_path: Path) -> None:
    lab = deployment()

    class DiesInTheRoll:
        def check_alive(self) -> None:
            if "start node1" in lab.done:
                raise HarnessError("the probes ended")

    story = Story(tmp_path, lab)
    story.context.generator = DiesInTheRoll()
    with pytest.raises(HarnessError, match="the probes ended"):
        story.run()
    assert lab.done[-2:] == ["start node1", "trust 0"]


def test_a_generator_that_died_in_the_last_phase_is_noticed(tmp_path: Path) -> None:
    story = Story(tmp_path, deployment())

    class DiesAtTheEnd:
        def check_alive(self) -> None:
            if any(event.phase == "cooldown" and event.step is None for event in story.events[-1:]):
                raise HarnessError("the probes ended")

    story.context.generator = DiesAtTheEnd()
    with pytest.raises(HarnessError, match="the probes ended"):
        story.run()


def test_a_dead_generator_stops_the_run_before_the_first_step_and_is_no_failed_step(tmp_path: Path) -> None:
    class Dead:
        def check_alive(self) -> None:
            raise HarnessError("the probes ended with exit status 1, see logs/probes.log")

    story = Story(tmp_path, deployment())
    story.context.generator = Dead()
    with pytest.raises(HarnessError, match="the probes ended"):
        story.run()
    assert story.lab.done == []
    assert not [event for event in story.events if event.edge == "fail"]


def test_a_baseline_without_room_stops_the_run_before_anything_is_touched(tmp_path: Path) -> None:
    story = Story(tmp_path, deployment())
    story.context.baseline_objection = lambda: "3 of 9 requests failed"
    with pytest.raises(NoRoomError) as caught:
        story.run()
    assert str(caught.value) == (
        "nothing was upgraded, because the baseline is no ground to compare with: 3 of 9 requests failed; "
        "lower the rates of [[probes]] and [load], give the machine more room, or set "
        "procedure.stop_on_bad_baseline = false"
    )
    assert caught.value.exit_code is ExitCode.INCONCLUSIVE
    assert story.lab.done == []
    assert not [event for event in story.events if event.edge == "fail"]


def test_a_scenario_may_go_on_whatever_the_baseline(tmp_path: Path) -> None:
    story = Story(tmp_path, deployment(), procedure=QUICK | {"stop_on_bad_baseline": False})
    story.context.baseline_objection = lambda: "3 of 9 requests failed"
    story.run()
    assert "db_sync --contract" in story.lab.done
