"""What a scenario can not prove however well its run goes, worked out before anything is started."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.evidence.names import LEDGER_OPERATIONS, Phase, Step
from harness.load.spec import READY_DEADLINE_S, load_lanes, probe_lanes
from harness.procedure.plan import PlannedPhase, plan
from harness.releases.catalogue import Release
from harness.scenario import Scenario
from harness.scenario.sections import ProbeSettings
from harness.statistics.least import EFFECTIVE_MIN

_NO_WORK = frozenset(
    {
        Step.OBSERVE,
        Step.JUDGE_BASELINE,
        Step.SETTLE,
        Step.SET_TRUST,
        Step.RESTORE_TRUST,
        Step.MAKE_COHORT,
        Step.CHECK_COHORT,
        Step.CHECK_OLD_DATA,
    }
)
"""A phase of these alone lasts for as long as the scenario says, give or take a second that nobody can count
on. Any other lasts for as long as its work takes, and of that nothing is known beforehand."""
_ROUNDING = 1e-9
MIXES_UP_CALLERS = range(23, 31)
"""Major versions that were seen to; `docs/verdict-continuity.md` says how. Of others nothing is known."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a run can not pass, or may not."""

    key: str
    """Of the scenario, that would have to be another."""
    sentence: str
    """Without the key, and without a full stop."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """How many probes a question wants of each lane in each phase."""

    probes: int
    key: str
    question: str


@dataclass(frozen=True, slots=True)
class Span:
    """A phase whose length the scenario says."""

    phase: Phase
    length_s: float
    key: str

    def probes_max(self, rate_hz: float) -> int:
        """Most arrivals of a lane that can be due in it: one may be due at its very beginning."""
        return self.probes_sure(rate_hz) + 1

    def probes_sure(self, rate_hz: float) -> int:
        """Arrivals that are due in it wherever it lies."""
        return math.floor(self.length_s * rate_hz + _ROUNDING)


def unprovable(scenario: Scenario, from_: Release, to: Release) -> tuple[Objection, ...]:
    """Why no run of this scenario can pass; empty where one can.

    The bounds are those that the judge reads, of its settings and of its statistics. What only the machine or
    Keystone can decide is not looked at.
    """
    return (
        *_short_baseline(scenario),
        *_thin(scenario, _planned(scenario, from_, to)),
        *_idle_nodes(scenario),
        *_nothing_written(scenario),
        *_budgets_of_nothing(scenario),
    )


def doubtful(scenario: Scenario, from_: Release, to: Release, *, compared: bool) -> tuple[Objection, ...]:
    """Why a run of this scenario is unlikely to pass, or to mean what its author may think.

    `compared` says whether there are earlier runs to compare it with.
    """
    phases = _planned(scenario, from_, to)
    return (
        *_alone(scenario, from_, to),
        *_mixed_up(scenario, from_, to),
        *_left_to_chance(scenario, phases),
        *_idle_budgets(scenario, phases),
        *_slow_to_begin(scenario),
        *_nothing_to_be_worse_than(scenario, compared=compared),
    )


def _planned(scenario: Scenario, from_: Release, to: Release) -> tuple[PlannedPhase, ...]:
    """The plan for a deployment that can do everything, as the embedded one can."""
    nodes = [f"node-{number}" for number in range(1, scenario.deployment.nodes + 1)]
    return plan(scenario, from_, to, nodes, needs_trust=True)


def _alone(scenario: Scenario, from_: Release, to: Release) -> Iterator[Objection]:
    if scenario.deployment.nodes == 1 and scenario.procedure.upgrade and from_.version != to.version:
        yield Objection(
            "deployment.nodes",
            "there is one: while it is taken to the other release nobody serves, so that the run fails, and "
            "what one release made can not be looked for on the other; give 2 or more, unless that outage is "
            "what is to be measured",
        )


def _mixed_up(scenario: Scenario, *releases: Release) -> Iterator[Objection]:
    mixing = [str(each) for each in dict.fromkeys(releases) if each.major in MIXES_UP_CALLERS]
    if scenario.deployment.threads > 1 and mixing:
        yield Objection(
            "deployment.threads",
            f"Keystone {' and '.join(mixing)} mixes up its callers where a process has more than one thread, "
            "and refuses what is valid, upgrade or not; give 1, with more of deployment.processes, unless "
            "that is what is to be seen",
        )


def _nothing_to_be_worse_than(scenario: Scenario, *, compared: bool) -> Iterator[Objection]:
    if scenario.gate.worse_fails and not compared:
        yield Objection(
            "gate.worse_fails", "there are no earlier runs to be worse than; give --baseline FILE"
        )


def _short_baseline(scenario: Scenario) -> Iterator[Objection]:
    lasts_s, least_s = scenario.procedure.baseline_s, scenario.judge.baseline_s_min
    if lasts_s < least_s:
        yield Objection(
            "procedure.baseline_s",
            f"{lasts_s:g} s is less than coverage asks for (judge.baseline_s_min is {least_s:g}); give "
            f"{least_s:g} or more",
        )


def _bounds(scenario: Scenario) -> Iterator[_Bound]:
    yield _Bound(scenario.judge.probes_per_phase_min, "judge.probes_per_phase_min", "coverage")
    if not scenario.impact.advisory:
        least = max(scenario.impact.samples_min, math.ceil(EFFECTIVE_MIN))
        yield _Bound(least, "impact.samples_min", "impact, which is not advisory,")


def _spans(scenario: Scenario, phases: Sequence[PlannedPhase]) -> Iterator[Span]:
    """Phases that are gone through and hold nothing that takes time of its own."""
    procedure = scenario.procedure
    for each in phases:
        if each.skip is not None or any(
            step.skip is None and step.step not in _NO_WORK for step in each.steps
        ):
            continue
        if each.phase is Phase.BASELINE:
            yield Span(each.phase, procedure.baseline_s, "procedure.baseline_s")
        elif each.phase is Phase.COOLDOWN:
            yield Span(each.phase, procedure.cooldown_s, "procedure.cooldown_s")
        else:
            yield Span(each.phase, procedure.phase_s_min, "procedure.phase_s_min")


def _thin(scenario: Scenario, phases: Sequence[PlannedPhase]) -> Iterator[Objection]:
    """Phases in which the slowest lane can not have as many probes as a question wants."""
    slowest = _slowest(scenario)
    for bound, span in _shortest(scenario, phases):
        most = span.probes_max(slowest.rate_hz)
        if most < bound.probes:
            yield _too_few(bound, span, slowest, f"at most {most}")


def _left_to_chance(scenario: Scenario, phases: Sequence[PlannedPhase]) -> Iterator[Objection]:
    """Phases that have enough only where they happen to begin at the right instant."""
    slowest = _slowest(scenario)
    for bound, span in _shortest(scenario, phases):
        sure = span.probes_sure(slowest.rate_hz)
        if sure == bound.probes - 1:
            yield _too_few(bound, span, slowest, f"{sure}, or by chance {sure + 1},")


def _slowest(scenario: Scenario) -> ProbeSettings:
    return min(scenario.probes, key=lambda probe: probe.rate_hz)


def _shortest(scenario: Scenario, phases: Sequence[PlannedPhase]) -> Iterator[tuple[_Bound, Span]]:
    """For each bound, one phase for each key that sets a length."""
    by_key: dict[str, Span] = {}
    for span in _spans(scenario, phases):
        by_key.setdefault(span.key, span)
    for bound in _bounds(scenario):
        yield from ((bound, span) for span in by_key.values())


def _too_few(bound: _Bound, span: Span, slowest: ProbeSettings, how_many: str) -> Objection:
    """What is due and what is wanted, with each of the two ways to get there."""
    ways = [f"give {_up(bound.probes / slowest.rate_hz)} s or more"]
    if span.length_s > 0:
        ways.append(f"probes.{slowest.op}.rate_hz = {_up(bound.probes / span.length_s)} or more")
    return Objection(
        span.key,
        f"in phase {span.phase}, of {span.length_s:g} s, {how_many} of the probes of {slowest.op} "
        f"({slowest.rate_hz:g} a second) are due in each lane, and {bound.question} wants {bound.probes} "
        f"({bound.key}); {', or '.join(ways)}",
    )


def _up(value: float) -> str:
    """A number that is easy to type, and no less."""
    return f"{math.ceil(value * 10 - _ROUNDING) / 10:g}"


def _loaded(scenario: Scenario) -> bool:
    return bool(scenario.load.users or scenario.load.client_users)


def _idle_nodes(scenario: Scenario) -> Iterator[Objection]:
    """Each node must be seen to serve before it is touched."""
    if not scenario.procedure.upgrade or _loaded(scenario):
        return
    baseline = Span(Phase.BASELINE, scenario.procedure.baseline_s, "procedure.baseline_s")
    most = sum(baseline.probes_max(probe.rate_hz) * len(probe.connections) for probe in scenario.probes)
    if most < scenario.deployment.nodes:
        yield Objection(
            "deployment.nodes",
            f"at most {most} requests are due in the baseline, so that not each of "
            f"{scenario.deployment.nodes} nodes can be seen to serve before it is touched; give a longer "
            "procedure.baseline_s, more probes, or load",
        )


def _slow_to_begin(scenario: Scenario) -> Iterator[Objection]:
    """Each user begins at an instant of its own within its first pace, and the run waits for all of them."""
    if _loaded(scenario) and scenario.load.pace_s > READY_DEADLINE_S:
        yield Objection(
            "load.pace_s",
            f"users begin within the first {scenario.load.pace_s:g} s, and the run waits "
            f"{READY_DEADLINE_S:g} s for all of them to have begun; give {READY_DEADLINE_S:g} or less",
        )


def _nothing_written(scenario: Scenario) -> Iterator[Objection]:
    if not scenario.integrity.enabled or _loaded(scenario):
        return
    if not any(probe.op in LEDGER_OPERATIONS for probe in scenario.probes):
        yield Objection(
            "integrity.enabled",
            "nothing is ever written that could be read back; add a probe of user_create, give load.users, "
            "or set integrity.enabled = false",
        )


def _budgets_of_nothing(scenario: Scenario) -> Iterator[Objection]:
    for number, budget in enumerate(scenario.gate.budgets):
        if budget.stall_s_max == 0:
            yield Objection(
                f"gate.budgets.{number}.stall_s_max",
                "0 s can not be kept: from when a request is due to its success some time passes; give more",
            )


def _idle_budgets(scenario: Scenario, phases: Sequence[PlannedPhase]) -> Iterator[Objection]:
    """Budgets of what is not measured in this run."""
    probed = {each.phase for each in phases if each.skip is None}
    asked = {
        "availability": True,
        "integrity": scenario.integrity.enabled,
        "continuity": scenario.continuity.enabled,
    }
    lanes = [lane.lane for lane in (*probe_lanes(scenario), *load_lanes(scenario.load.deadline_s))]
    for number, budget in enumerate(scenario.gate.budgets):
        if budget.lane is not None and not any(fnmatchcase(lane, budget.lane) for lane in lanes):
            yield Objection(
                f"gate.budgets.{number}.lane", "this run has no such lane, so nothing is measured"
            )
        if budget.phase is not None and budget.phase not in probed:
            yield Objection(
                f"gate.budgets.{number}.phase",
                f"this run has no phase {budget.phase}, so nothing is measured",
            )
        if not asked[budget.question]:
            yield Objection(
                f"gate.budgets.{number}.question",
                f"{budget.question}.enabled is false, so nothing is measured",
            )
