"""Faults on the run's clock: when they begin and end, and that nothing stays broken, however the run ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.deployment.abilities import Faults
from harness.errors import HarnessError, StepError, UsageError
from harness.evidence.journal import Journal, read_journal
from harness.evidence.names import Phase, Step
from harness.procedure.alignment import next_due_ns, next_probe_ns
from harness.procedure.faults import FaultSchedule, at_edge, in_phase
from harness.procedure.stage import Stage
from harness.scenario.fault import FaultSettings

S = 1_000_000_000


class Clock:
    """Time that passes only while the schedule waits for it; it waits in earnest where nothing is due."""

    def __init__(self) -> None:
        self.now_ns = 100 * S

    def __call__(self) -> int:
        return self.now_ns

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        if seconds >= 500:
            condition.wait(0.01)
        else:
            self.now_ns += round(seconds * S)


@dataclass
class FakeInjection:
    name: str
    clock: Callable[[], int]
    done: list[tuple[str, str, int]]
    breaks_at: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)

    def begin(self) -> int:
        self.done.append((self.name, "begin", self.clock()))
        if self.breaks_at == "begin":
            raise HarnessError(f"{self.name} can not begin")
        return self.clock()

    def end(self) -> int:
        self.done.append((self.name, "end", self.clock()))
        if self.breaks_at == "end":
            raise HarnessError(f"{self.name} can not end")
        return self.clock()


class Story:
    """A schedule of faults in memory, and what its journal says."""

    def __init__(self, folder: Path, *faults: dict[str, Any], breaks: dict[str, str] | None = None) -> None:
        self.path = folder / "journal.jsonl"
        self.journal = Journal(self.path)
        self.clock = Clock()
        self.done: list[tuple[str, str, int]] = []
        self.breaks = breaks or {}
        self.schedule = FaultSchedule(
            [FaultSettings(**fault) for fault in faults],
            self.journal,
            clock=self.clock,
            wait=self.clock.wait,
        )
        self.probes = folder / "probes.jsonl"

    def prepare(self, fault: FaultSettings) -> FakeInjection:
        return FakeInjection(fault.called, self.clock, self.done, self.breaks.get(fault.called))

    def armed(self) -> Any:
        return self.schedule.armed(self, self.probes)

    def eventually(self, number: int) -> None:
        until_s = time.monotonic() + 20
        while len(self.over()) < number and time.monotonic() < until_s:
            time.sleep(0.005)

    def notes(self) -> list[dict[str, Any]]:
        return [event.detail for event in read_journal(self.path).events if event.step == Step.INJECT]

    def over(self) -> list[dict[str, Any]]:
        return [detail for detail in self.notes() if "end_ns" in detail]


def frozen(name: str, after_s: float, duration_s: float, **more: Any) -> dict[str, Any]:
    fault = {"kind": "freeze_all", "name": name, "phase": "cooldown", "after_s": after_s}
    return fault | {"duration_s": duration_s} | more


# --- when


def test_a_fault_begins_so_long_after_its_phase_and_lasts_as_long_as_asked(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 2, 1), frozen("two", 5, 0.5))
    with story.armed():
        story.schedule.phase_began(Phase.COOLDOWN)
        story.eventually(2)

    assert story.done == [
        ("one", "begin", 102 * S),
        ("one", "end", 103 * S),
        ("two", "begin", 105 * S),
        ("two", "end", round(105.5 * S)),
    ]


def test_a_fault_is_announced_in_the_journal_before_it_acts_and_measured_after(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 2, 1))
    with story.armed():
        story.schedule.phase_began(Phase.COOLDOWN)
        story.eventually(1)

    announced = {"fault": "one", "kind": "freeze_all", "number": 1, "node": None, "duration_s_asked": 1.0}
    assert story.notes() == [announced, announced | {"begin_ns": 102 * S, "end_ns": 103 * S}]
    assert {event.edge for event in read_journal(story.path).events} == {"note"}


def test_a_repeated_fault_happens_so_often(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 1, 0.1, count=3, every_s=2))
    with story.armed():
        story.schedule.phase_began(Phase.COOLDOWN)
        story.eventually(3)

    assert [at for _, what, at in story.done if what == "begin"] == [101 * S, 103 * S, 105 * S]
    assert [detail["number"] for detail in story.over()] == [1, 2, 3]


def test_another_phase_has_another_fault() -> None:
    faults = [FaultSettings(**frozen("one", 2, 1)), FaultSettings(**frozen("two", 1, 1, phase="roll"))]
    assert [each.fault.called for each in in_phase(faults, "roll", 0)] == ["two"]
    assert in_phase(faults, "expand", 0) == []


def test_a_fault_at_a_steps_edge_is_injected_before_the_next_step(tmp_path: Path) -> None:
    fault = {"kind": "flush_cache", "phase": "roll", "step": "switch", "node": "node-2", "edge": "end"}
    story = Story(tmp_path, fault)
    with story.armed():
        story.schedule.step_ended(Phase.ROLL, Step.SWITCH, "node-1")
        story.schedule.step_began(Phase.ROLL, Step.SWITCH, "node-2")
        assert story.done == []
        story.schedule.step_ended(Phase.ROLL, Step.SWITCH, "node-2")
        assert story.done == [("flush_cache", "begin", 100 * S)]


def test_keys_are_exchanged_between_a_nodes_switch_and_its_start() -> None:
    faults = [FaultSettings(kind="different_keys", node="node-2")]  # type: ignore[arg-type]
    assert at_edge(faults, "roll", "switch", "node-1", "end", 0) == []
    assert at_edge(faults, "roll", "switch", "node-2", "begin", 0) == []
    assert len(at_edge(faults, "roll", "switch", "node-2", "end", 0)) == 1


def test_a_scenario_without_faults_injects_nothing_and_starts_no_thread(tmp_path: Path) -> None:
    story = Story(tmp_path)
    before = threading.active_count()
    with story.armed():
        assert threading.active_count() == before
        story.schedule.phase_began(Phase.COOLDOWN)
    assert story.notes() == []


# --- aligned with the probes


def test_the_next_probe_of_any_lane_is_found_from_one_that_was_due() -> None:
    lanes = [(10 * S, 2.0), (10 * S + S // 4, 2.0)]
    assert next_due_ns(lanes, 12 * S) == 12 * S
    assert next_due_ns(lanes, 12 * S + 1) == 12 * S + S // 4
    assert next_due_ns([(10 * S, 50.0)], 9 * S) == 10 * S


def test_an_aligned_fault_begins_just_before_a_probe_is_due(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 2.01, 0.1, align=True))
    lanes = [{"lane": "token_validate/new", "rate_hz": 10.0}]
    rows = [{"header": {"lanes": lanes}}, {"lane": "token_validate/new", "intended_ns": 99 * S + S // 20}]
    story.probes.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    with story.armed():
        story.schedule.phase_began(Phase.COOLDOWN)
        story.eventually(1)

    assert story.over()[0]["begin_ns"] == 102 * S + 48_000_000


def test_a_fault_is_not_aligned_with_the_reference_target(tmp_path: Path) -> None:
    lanes = [
        {"lane": "token_validate/new", "rate_hz": 10.0, "role": "probe"},
        {"lane": "reference/ping/new", "rate_hz": 10.0, "role": "reference"},
    ]
    path = tmp_path / "probes.jsonl"
    rows = [
        {"header": {"lanes": lanes}},
        {"lane": "token_validate/new", "intended_ns": 10 * S + S // 20},
        {"lane": "reference/ping/new", "intended_ns": 10 * S},
    ]
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    assert next_probe_ns(path, 12 * S) == 12 * S + S // 20


def test_without_a_probe_on_record_nothing_can_be_aligned(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="can not be aligned with the probes: none is on record yet"):
        next_probe_ns(tmp_path / "probes.jsonl", 0)


# --- every way out


def test_a_fault_in_force_is_undone_when_the_run_ends_early(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 1, 600))
    with pytest.raises(StepError, match="the step failed"):
        _end_with(story, StepError("the step failed"))

    assert [what for _, what, _ in story.done] == ["begin", "end"]


def test_a_fault_in_force_is_undone_when_the_run_is_interrupted(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 1, 600))
    with pytest.raises(KeyboardInterrupt):
        _end_with(story, KeyboardInterrupt())

    assert [what for _, what, _ in story.done] == ["begin", "end"]


def _end_with(story: Story, error: BaseException) -> None:
    """Once the fault is in force; its end is ten minutes away, for which the clock does not wait."""
    with story.armed():
        story.schedule.phase_began(Phase.COOLDOWN)
        _until(lambda: bool(story.done))
        raise error


def test_a_fault_that_can_not_begin_is_undone_and_ends_the_run_with_an_error(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 1, 5), breaks={"one": "begin"})
    with pytest.raises(HarnessError) as caught:
        _go_on_until_undone(story, "one")

    assert str(caught.value) == "a fault could not be injected or undone: one can not begin"
    assert {"error": "HarnessError: one can not begin"} in story.notes()


def test_one_that_can_not_be_undone_does_not_keep_the_others_broken(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 1, 5), frozen("two", 2, 10), breaks={"one": "end"})
    with pytest.raises(HarnessError, match="one can not end"):
        _go_on_until_undone(story, "two")

    assert ("two", "end") in [(name, what) for name, what, _ in story.done]


def test_a_fault_whose_time_never_came_is_an_error_of_the_harness(tmp_path: Path) -> None:
    story = Story(tmp_path, frozen("one", 1, 5))
    with pytest.raises(HarnessError) as caught, story.armed():
        story.schedule.phase_began(Phase.BASELINE)

    assert str(caught.value) == (
        "the fault one was never injected: its phase or step did not come, or ended first"
    )


AT_SWITCH = {"kind": "flush_cache", "phase": "roll", "step": "switch", "node": "node-1", "edge": "end"}


class Unable:
    """Makes no fault ready."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def prepare(self, _: FaultSettings) -> FakeInjection:
        raise self._error


NOTHING_TO_HIT = Unable(StepError("there is nothing to hit"))


def _roll(story: Story, taken: list[Step], able: Faults) -> None:
    """Stop, switch and start a node on a stage with the schedule as its only participant."""
    stage = Stage(story.journal, participants=[story.schedule])
    with story.schedule.armed(able, story.probes), stage.phase(Phase.ROLL):
        for step in (Step.STOP, Step.SWITCH, Step.START):
            with stage.step(Phase.ROLL, step, "node-1"):
                taken.append(step)


def test_a_fault_that_can_not_be_made_ready_at_a_steps_edge_ends_the_run_there(tmp_path: Path) -> None:
    story, taken = Story(tmp_path, AT_SWITCH), list[Step]()
    with pytest.raises(HarnessError) as caught:
        _roll(story, taken, NOTHING_TO_HIT)

    assert type(caught.value) is HarnessError
    assert str(caught.value) == "a fault could not be injected or undone: there is nothing to hit"
    assert taken == [Step.STOP, Step.SWITCH]
    events = read_journal(story.path).events
    assert [(event.step, event.edge) for event in events[-3:]] == [
        ("switch", "end"),
        ("inject", "note"),
        (None, "note"),
    ]
    assert events[-1].detail["reason"] == str(caught.value)


def test_one_that_can_not_be_made_ready_as_a_step_begins_lets_it_not_act(tmp_path: Path) -> None:
    story, taken = Story(tmp_path, AT_SWITCH | {"edge": "begin"}), list[Step]()
    with pytest.raises(HarnessError, match="there is nothing to hit"):
        _roll(story, taken, NOTHING_TO_HIT)

    assert taken == [Step.STOP]
    failed = [event for event in read_journal(story.path).events if event.edge == "fail"]
    assert failed == []  # a fault that can not be injected is no finding about the upgrade


def test_a_bug_in_a_fault_ends_the_run_with_a_sentence_too(tmp_path: Path) -> None:
    broken = Unable(ZeroDivisionError("division by zero"))
    with pytest.raises(HarnessError) as caught:
        _roll(Story(tmp_path, AT_SWITCH), [], broken)
    assert str(caught.value) == "the injection of faults broke: ZeroDivisionError: division by zero"


def test_a_fault_by_the_clock_that_can_not_begin_ends_the_run_at_the_next_edge(tmp_path: Path) -> None:
    story, taken = Story(tmp_path, frozen("one", 1, 5, phase="roll"), breaks={"one": "begin"}), list[Step]()
    with pytest.raises(HarnessError, match="one can not begin"):
        _stop_once_broken(story, taken)
    assert taken == []


def _stop_once_broken(story: Story, taken: list[Step]) -> None:
    stage = Stage(story.journal, participants=[story.schedule])
    with story.armed(), stage.phase(Phase.ROLL):
        _until(lambda: any("error" in note for note in story.notes()))
        with stage.step(Phase.ROLL, Step.STOP, "node-1"):
            taken.append(Step.STOP)


def test_a_deployment_that_can_not_be_harmed_is_refused_a_fault(tmp_path: Path) -> None:
    story = Story(tmp_path, AT_SWITCH)
    with pytest.raises(UsageError) as caught, story.schedule.armed(None, story.probes):
        pass
    assert str(caught.value) == (
        "faults: flush_cache: this deployment has no way to be harmed on purpose; leave its faults out, "
        "or run the control on a back-end that has one."
    )


def test_a_fault_of_the_plan_needs_no_ability_of_the_deployment(tmp_path: Path) -> None:
    story = Story(tmp_path, {"kind": "contract_early"})
    with story.schedule.armed(None, story.probes):
        story.schedule.phase_began(Phase.CONTRACT)
    assert [note["fault"] for note in story.notes()] == ["contract_early"]


def _go_on_until_undone(story: Story, name: str) -> None:
    with story.armed():
        story.schedule.phase_began(Phase.COOLDOWN)
        _until(lambda: (name, "end") in [(each, what) for each, what, _ in story.done])


def _until(seen: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 20
    while not seen() and time.monotonic() < until_s:
        time.sleep(0.005)


# --- of the plan


def test_a_fault_of_the_plan_is_journalled_when_its_phase_begins(tmp_path: Path) -> None:
    story = Story(tmp_path, {"kind": "contract_early"})
    with story.armed():
        story.schedule.phase_began(Phase.EXPAND)
        assert story.notes() == []
        story.schedule.phase_began(Phase.CONTRACT)

    assert [(note["fault"], note["begin_ns"], note["end_ns"]) for note in story.notes()] == [
        ("contract_early", 100 * S, 100 * S)
    ]
