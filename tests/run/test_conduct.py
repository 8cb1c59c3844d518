"""One whole run with doubles: its order, and what it puts back and lets go on every way out."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping
from dataclasses import replace

import pytest

from harness.deployment.abilities import Faults, Injection
from harness.errors import ExitCode, HarnessError, StepError, UsageError
from harness.evidence.clock import now_ns
from harness.evidence.names import Ability, Edge, Phase, RunOutcome
from harness.procedure.watchers import Watcher
from harness.run.conduct import conduct
from harness.scenario.fault import FaultSettings
from tests.procedure.doubles import SilentWatcher
from tests.procedure.test_stage import BreaksAtTheEnd, Gone
from tests.run.ended import LET_GO, TAKEN, raising, run
from tests.run.tiny import World

# --- a run that comes to its end


def test_a_run_goes_from_setup_to_teardown_and_passes(world: World) -> None:
    ended = run(world)

    assert ended.conducted.error is None
    assert (ended.conducted.exit_code, ended.conducted.words) == (None, "completed")
    assert ended.manifest.outcome == RunOutcome.COMPLETED
    assert list(world.done)[:4] == ["clear", "up", "probes started", "probes ready"]
    assert ended.is_let_go()
    phases = [event.phase for event in ended.events if event.step is None and event.edge == Edge.BEGIN]
    assert phases == [
        "setup", "baseline", "preflight", "trust", "expand", "roll", "contract", "restore", "cooldown",
        "teardown",
    ]  # fmt: skip
    judgement = ended.judged
    assert [f.sentence for q in judgement.questions for f in q.findings if f.verdict == "FAIL"] == []
    assert judgement.verdict.exit_code == ExitCode.PASS


def test_the_manifest_says_what_the_deployment_could(world: World) -> None:
    assert run(world).manifest.abilities == (
        "backup", "balancer_counters", "database_activity", "drain", "trust",
    )  # fmt: skip


def test_what_a_deployment_can_not_is_left_out_of_the_plan_with_its_reason(world: World) -> None:
    world.without("backup", "trust", "drain", "counters", "activity")
    ended = run(world)

    assert ended.conducted.error is None
    assert ended.manifest.abilities == ()
    skipped = {
        (event.phase, event.step, event.node): event.detail["reason"]
        for event in ended.events
        if event.edge == Edge.SKIP
    }
    no_drain = "this deployment gives no way to take a node out of its balancer"
    no_trust = "this deployment gives no way to set log_bin_trust_function_creators"
    assert skipped["preflight", "backup", None] == "this deployment gives no way to back its database up"
    assert skipped["trust", None, None] == skipped["restore", None, None] == no_trust
    for step in ("drain", "wait_drained", "maint", "ready"):
        assert skipped["roll", step, "node2"] == no_drain
    assert skipped["roll", "wait_up", "node2"] == "this deployment does not tell whom its balancer sees up"
    assert [deed for deed in world.done if "node2" in deed] == [
        "stop node2 term", "switch node2 29.1.0", "start node2", "prove node2", "prove node2",
    ]  # fmt: skip
    assert ended.judged.verdict.exit_code == ExitCode.PASS


# --- a step fails

FAILING = {
    Phase.PREFLIGHT: "backup",
    Phase.TRUST: "trust 1",
    Phase.EXPAND: "db_sync --expand",
    Phase.ROLL: "stop node2 term",
    Phase.CONTRACT: "db_sync --contract",
}


@pytest.mark.parametrize("phase", FAILING)
def test_a_step_that_fails_stops_the_run_there_and_is_left_to_the_verdict(world: World, phase: Phase) -> None:
    world.done.then[FAILING[phase]] = raising(StepError("it did not work"))
    ended = run(world)

    assert (str(ended.conducted.error), ended.conducted.exit_code) == ("it did not work", None)
    assert ended.manifest.outcome == RunOutcome.ABORTED
    assert [event.phase for event in ended.events if event.edge == Edge.FAIL] == [phase, phase]
    assert ended.judged.verdict.exit_code == ExitCode.FAIL
    assert ended.is_let_go()


def test_a_flag_that_can_not_be_put_back_is_told_and_all_else_is_let_go(world: World) -> None:
    world.lab.database.trust_breaks = True
    ended = run(world)

    assert str(ended.conducted.error) == "the database is gone"
    assert list(world.done)[-3:] == LET_GO
    assert any("SET GLOBAL log_bin_trust_function_creators = 0" in note for note in ended.notes)


def test_a_bad_baseline_upgrades_nothing(world: World) -> None:
    ended = run(world, judge={"baseline_s_min": 0.1, "baseline_p99_ms_max": 1.0})
    assert ended.conducted.exit_code == ExitCode.INCONCLUSIVE
    assert "backup" not in world.done
    assert ended.is_let_go()


# --- somebody dies, somebody asks


@pytest.mark.parametrize(
    ("exit_code", "how"),
    [
        (None, ""),
        (1, " (exit status 1)"),
        (-9, " (ended by SIGKILL, and nobody of this run did that)"),
        (-250, " (ended by signal 250, and nobody of this run did that)"),
    ],
)
def test_a_generator_that_died_ends_the_run_before_the_next_step(
    world: World, exit_code: int | None, how: str
) -> None:
    world.dies_after, world.dies_of = "stop node1 term", exit_code
    ended = run(world)

    assert str(ended.conducted.error) == (
        f"the probes generator ended in the middle of the run{how}; logs/probes.log says why"
    )
    assert ended.conducted.exit_code == ExitCode.HARNESS_ERROR
    assert "start node1" not in world.done
    assert ended.is_let_go()


class Asks(SilentWatcher):
    """Sends this process a signal as a phase begins."""

    def __init__(self, phase: Phase, number: signal.Signals) -> None:
        self._phase = phase
        self._number = number

    def phase_began(self, phase: str) -> None:
        if phase == self._phase:
            os.kill(os.getpid(), self._number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("phase", TAKEN)
def test_a_run_that_is_asked_to_end_lets_everything_go(
    world: World, phase: Phase, number: signal.Signals
) -> None:
    ended = run(world, Asks(phase, number))

    assert isinstance(ended.conducted.error, KeyboardInterrupt)
    assert ended.conducted.words == "interrupted; everything that was started has been stopped"
    assert ended.conducted.exit_code is None
    assert ended.manifest.outcome == RunOutcome.ABORTED
    assert ended.judged.verdict.exit_code == ExitCode.INCONCLUSIVE
    assert ended.is_let_go()


def test_one_that_is_asked_in_setup_has_nothing_to_stop_and_ends_what_came_up_half(world: World) -> None:
    world.done.then["up"] = lambda: os.kill(os.getpid(), signal.SIGTERM)
    ended = run(world)
    assert isinstance(ended.conducted.error, KeyboardInterrupt)
    assert list(world.done) == ["clear", "up", "end own"]
    assert ended.manifest.outcome == RunOutcome.ABORTED


def test_a_clean_up_is_finished_whoever_asks(world: World) -> None:
    ended = run(world, Asks(Phase.TEARDOWN, signal.SIGTERM))
    assert ended.conducted.error is None
    assert ended.manifest.outcome == RunOutcome.COMPLETED
    assert ended.is_let_go()


# --- bringing up and taking down


def test_what_came_up_half_is_ended(world: World) -> None:
    world.done.then["up"] = raising(HarnessError("HAProxy did not start"))
    ended = run(world)
    assert (str(ended.conducted.error), ended.conducted.exit_code) == (
        "HAProxy did not start",
        ExitCode.HARNESS_ERROR,
    )
    assert list(world.done) == ["clear", "up", "end own"]
    assert (ended.manifest.nodes, ended.manifest.abilities) == ((), None)


def test_a_generator_that_is_never_ready_is_stopped_all_the_same(world: World) -> None:
    world.done.then["probes ready"] = raising(StepError("waited 90 s for the probes child to be ready"))
    ended = run(world)
    assert list(world.done) == ["clear", "up", "probes started", "probes ready", *LET_GO]
    assert ended.manifest.outcome == RunOutcome.ABORTED


@pytest.mark.parametrize(
    ("deed", "error"),
    [("probes stopped", OSError(errno.EIO, "Input/output error")), ("down", HarnessError("node2 lives on"))],
)
def test_what_can_not_be_let_go_is_told_and_the_rest_is_let_go(
    world: World, deed: str, error: Exception
) -> None:
    world.done.then[deed] = raising(error)
    ended = run(world)
    assert ended.conducted.error is None
    assert ended.conducted.left == (str(error),)
    assert ended.conducted.exit_code == ExitCode.HARNESS_ERROR
    assert str(error) in ended.notes
    assert list(world.done)[-1] == "end own"
    assert not world.lab.database.trust


def test_what_can_not_be_let_go_does_not_hide_why_the_run_ended(world: World) -> None:
    world.done.then["stop node1 term"] = raising(StepError("node1 did not stop"))
    world.done.then["down"] = raising(ZeroDivisionError("division by zero"))
    ended = run(world)
    assert str(ended.conducted.error) == "node1 did not stop"
    assert ended.conducted.left == ("a clean-up broke: ZeroDivisionError: division by zero",)
    assert list(world.done)[-1] == "end own"


# --- acting and watching


@pytest.mark.parametrize("view", [Gone(), BreaksAtTheEnd()], ids=["always", "at the end"])
def test_a_view_that_breaks_changes_nothing(world: World, view: Watcher) -> None:
    ended = run(world, view)
    assert ended.conducted.error is None
    assert ended.conducted.exit_code is None
    assert [note for note in ended.notes if "watched" in note] == ["whoever watched the run is gone: OSError"]
    assert ended.judged.verdict.exit_code == ExitCode.PASS
    assert ended.is_let_go()


class NotReady:
    """Has faults, and can not make any ready."""

    def prepare(self, _: FaultSettings) -> Injection:
        raise StepError("there is nothing to hit")


class NeverBegins:
    """Makes a fault ready that can not begin, and that is undone all the same."""

    detail: Mapping[str, object] = {}

    def prepare(self, _: FaultSettings) -> Injection:
        return self

    def begin(self) -> int:
        raise StepError("there is nothing to hit")

    def end(self) -> int:
        return now_ns()


FLUSH = {"kind": "flush_cache", "phase": "roll", "step": "switch", "edge": "end"}


@pytest.mark.parametrize("faults", [NotReady(), NeverBegins()], ids=["not ready", "never begins"])
def test_a_fault_that_can_not_be_had_ends_the_run_and_everything_is_put_back(
    world: World, faults: Faults
) -> None:
    world.lab.able = replace(world.lab.abilities, faults=faults)
    ended = run(world, faults=[FLUSH])

    sentence = "a fault could not be injected or undone: there is nothing to hit"
    assert (str(ended.conducted.error), ended.conducted.exit_code) == (sentence, ExitCode.HARNESS_ERROR)
    assert Ability.FAULTS in (ended.manifest.abilities or ())
    assert "start node1" not in world.done
    assert sentence in [event.detail.get("reason") for event in ended.events]
    assert ended.is_let_go()


def test_a_deployment_that_can_not_be_harmed_refuses_a_control(world: World) -> None:
    ended = run(world, faults=[FLUSH])
    assert isinstance(ended.conducted.error, UsageError)
    assert ended.conducted.exit_code == ExitCode.USAGE
    assert "backup" not in world.done
    assert ended.is_let_go()


def test_an_order_that_can_not_be_carried_out_starts_nothing_and_leaves_no_folder(world: World) -> None:
    order = world.order()
    (world.folder / "identity.py").unlink()
    with pytest.raises(UsageError, match=r"load\.users_file"):
        conduct(order, means=world.means)
    assert list(world.done) == []
    assert not (world.folder / "reports").exists()
