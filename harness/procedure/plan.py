"""Decides, before anything is touched, every step that an upgrade will take."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.errors import HarnessError
from harness.evidence.continuity import OLD_DATA_PHASES
from harness.evidence.names import STEP_NEEDS, Ability, Phase, Step
from harness.releases.catalogue import Command, Release
from harness.scenario import Scenario

NOT_UPGRADED = "the scenario upgrades nothing (procedure.upgrade = false)"

_DRAINED_ROLL = (
    Step.DRAIN,
    Step.WAIT_DRAINED,
    Step.MAINT,
    Step.STOP,
    Step.SWITCH,
    Step.START,
    Step.PROVE,
    Step.READY,
    Step.WAIT_UP,
    Step.SETTLE,
)
_UNDRAINED_ROLL = (Step.STOP, Step.SWITCH, Step.START, Step.PROVE, Step.WAIT_UP, Step.SETTLE)
_OF_RELEASE = frozenset({Step.SWITCH, Step.PROVE})
"""Steps of the roll that need to know the release."""
_CAN_NOT = {
    Ability.BACKUP: "gives no way to back its database up",
    Ability.TRUST: "gives no way to set log_bin_trust_function_creators",
    Ability.DRAIN: "gives no way to take a node out of its balancer",
    Ability.BALANCER_COUNTERS: "does not tell whom its balancer sees up",
}
"""In the reason of a step that is left out."""
_OF_ONE_STEP = frozenset({Phase.TRUST, Phase.RESTORE})
"""Phases that are for their first step alone, and left out with it."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step, not yet taken; it says all that its action needs to know of releases and nodes."""

    step: Step
    node: str | None = None
    skip: str | None = None
    """Reason not to take it, or None."""
    release: Release | None = None
    """Whose commands it runs, what its node is taken to, or for what the schema was last expanded."""
    contracted: Release | None = None
    """For what the schema was last contracted; only of steps that hold the version tables against it."""

    def need_release(self) -> Release:
        """Its release.

        Raises:
            HarnessError: the plan names none, though its action needs one.
        """
        if self.release is None:
            raise HarnessError(f"the plan names no release for the step {self.step}")
        return self.release


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """One phase and its steps in order."""

    phase: Phase
    steps: tuple[PlannedStep, ...] = ()
    skip: str | None = None
    """Reason to skip the whole phase, or None."""


def plan(
    scenario: Scenario,
    from_: Release,
    to: Release,
    nodes: Sequence[str],
    *,
    needs_trust: bool,
    abilities: Collection[Ability] = frozenset(Ability),
) -> tuple[PlannedPhase, ...]:
    """Every probed phase of the procedure, skipped ones with their reason.

    Args:
        scenario: what was asked for.
        from_: the release that serves.
        to: the release to reach; may be the same one.
        nodes: names, in the order in which they are rolled.
        needs_trust: whether the database writes a binary log.
        abilities: what the deployment can do; steps that need another one are left out.
    """
    phases = (
        _possible(phase, abilities) for phase in _phases(scenario, from_, to, nodes, needs_trust=needs_trust)
    )
    if not scenario.continuity.enabled:
        return tuple(phases)
    old_data = scenario.continuity.old_data
    return tuple(_with_continuity(phase, nodes, old_data=old_data) for phase in phases)


def _phases(
    scenario: Scenario, from_: Release, to: Release, nodes: Sequence[str], *, needs_trust: bool
) -> Iterator[PlannedPhase]:
    yield _baseline(scenario)
    yield _preflight(scenario, from_, to)
    upgrading = _upgrading(scenario, from_, to, nodes, needs_trust=needs_trust)
    if scenario.procedure.upgrade:
        yield from upgrading
    else:
        yield from (PlannedPhase(each.phase, skip=NOT_UPGRADED) for each in upgrading)
    yield PlannedPhase(Phase.COOLDOWN, (PlannedStep(Step.OBSERVE), _read_back(scenario)))


def _upgrading(
    scenario: Scenario, from_: Release, to: Release, nodes: Sequence[str], *, needs_trust: bool
) -> Iterator[PlannedPhase]:
    yield _flush(from_)
    yield _trust(Phase.TRUST, Step.SET_TRUST, needs_trust=needs_trust)
    yield PlannedPhase(Phase.EXPAND, _sync(to, contracted=from_))
    yield _migrate(from_, to)
    yield PlannedPhase(Phase.ROLL, (*_roll(scenario, to, nodes), _read_back(scenario)))
    proven = PlannedStep(Step.PROVE_NODES, release=to)
    yield PlannedPhase(Phase.CONTRACT, (proven, *_sync(to, contracted=to)))
    yield _trust(Phase.RESTORE, Step.RESTORE_TRUST, needs_trust=needs_trust)


def _possible(phase: PlannedPhase, abilities: Collection[Ability]) -> PlannedPhase:
    """The phase with each step left out that needs what the deployment can not do."""
    if phase.skip is not None:
        return phase
    first = _objection(phase.steps[0], abilities)
    if first is not None and phase.phase in _OF_ONE_STEP:
        return PlannedPhase(phase.phase, skip=first)
    steps = (replace(step, skip=step.skip or _objection(step, abilities)) for step in phase.steps)
    return replace(phase, steps=tuple(steps))


def _objection(step: PlannedStep, abilities: Collection[Ability]) -> str | None:
    needed = STEP_NEEDS.get(step.step)
    return None if needed is None or needed in abilities else f"this deployment {_CAN_NOT[needed]}"


def _baseline(scenario: Scenario) -> PlannedPhase:
    unasked = "the scenario goes on whatever the baseline (procedure.stop_on_bad_baseline = false)"
    skip = None if scenario.procedure.stop_on_bad_baseline else unasked
    return PlannedPhase(
        Phase.BASELINE, (PlannedStep(Step.OBSERVE), PlannedStep(Step.JUDGE_BASELINE, skip=skip))
    )


def _read_back(scenario: Scenario) -> PlannedStep:
    unasked = None if scenario.integrity.enabled else "the scenario asks for none (integrity.enabled = false)"
    return PlannedStep(Step.READ_BACK, skip=unasked)


def _preflight(scenario: Scenario, from_: Release, to: Release) -> PlannedPhase:
    backup = None if scenario.procedure.backup else "the scenario asks for none (procedure.backup = false)"
    doctor = None if to.has(Command.DOCTOR) else f"{to} has no keystone-manage doctor"
    check = None if to.has(Command.UPGRADE_CHECK) else f"{to} has no keystone-status upgrade check"
    return PlannedPhase(
        Phase.PREFLIGHT,
        (
            PlannedStep(Step.BACKUP, skip=backup),
            PlannedStep(Step.VERSIONS, release=from_, contracted=from_),
            PlannedStep(Step.DOCTOR, skip=doctor, release=to),
            PlannedStep(Step.UPGRADE_CHECK, skip=check, release=to),
            PlannedStep(Step.SETTLE),
        ),
    )


def _flush(from_: Release) -> PlannedPhase:
    if not from_.has(Command.TOKEN_FLUSH):
        return PlannedPhase(Phase.FLUSH, skip=f"{from_} has no token_flush: its tokens are not stored")
    flush = PlannedStep(Step.TOKEN_FLUSH, release=from_)
    return PlannedPhase(Phase.FLUSH, (flush, PlannedStep(Step.SETTLE)))


def _trust(phase: Phase, step: Step, *, needs_trust: bool) -> PlannedPhase:
    if not needs_trust:
        return PlannedPhase(phase, skip="the database writes no binary log, so the flag does not matter")
    return PlannedPhase(phase, (PlannedStep(step), PlannedStep(Step.SETTLE)))


def _sync(to: Release, *, contracted: Release) -> tuple[PlannedStep, ...]:
    """A change of the schema, and the proof of what it left."""
    return (
        PlannedStep(Step.DB_SYNC, release=to),
        PlannedStep(Step.PROVE_SCHEMA, release=to, contracted=contracted),
        PlannedStep(Step.DB_CHECK, release=to),
        PlannedStep(Step.SETTLE),
    )


def _migrate(from_: Release, to: Release) -> PlannedPhase:
    if not to.has(Command.DB_SYNC_MIGRATE):
        return PlannedPhase(Phase.MIGRATE, skip=f"db_sync --migrate does nothing in {to}")
    return PlannedPhase(Phase.MIGRATE, _sync(to, contracted=from_))


def _roll(scenario: Scenario, to: Release, nodes: Sequence[str]) -> Iterator[PlannedStep]:
    steps = _DRAINED_ROLL if scenario.roll.drained else _UNDRAINED_ROLL
    for node in nodes:
        yield from (PlannedStep(step, node, release=to if step in _OF_RELEASE else None) for step in steps)


def _with_continuity(phase: PlannedPhase, nodes: Sequence[str], *, old_data: bool) -> PlannedPhase:
    """The phase with the checks of what was made before it, or by nodes of another release.

    The cohort is made in the baseline and looked at once in every phase that is gone through; old data is
    there before, and looked at in those that change something for it. In the roll that is while both releases
    serve. A phase that is held open is held open after that.
    """
    if phase.skip is not None:
        return phase
    steps = phase.steps
    old = (PlannedStep(Step.CHECK_OLD_DATA),) if old_data and phase.phase in OLD_DATA_PHASES else ()
    looks = (PlannedStep(Step.CHECK_COHORT), *old)
    if phase.phase is Phase.BASELINE:
        observe = [step.step for step in steps].index(Step.OBSERVE) + 1
        steps = (*steps[:observe], PlannedStep(Step.MAKE_COHORT), *steps[observe:])
    elif phase.phase is Phase.ROLL:
        steps = tuple(_roll_with_continuity(steps, nodes, looks))
    elif phase.phase is Phase.COOLDOWN:
        steps = (*steps, *looks, PlannedStep(Step.CHECK_CONTINUITY))
    else:
        held_open = steps[-1:] if steps[-1].step is Step.SETTLE else ()
        steps = (*steps[: len(steps) - len(held_open)], *looks, *held_open)
    return replace(phase, steps=steps)


def _roll_with_continuity(
    steps: Sequence[PlannedStep], nodes: Sequence[str], looks: Sequence[PlannedStep]
) -> Iterator[PlannedStep]:
    """After each node but the last, when no old one is left to be compared with."""
    last = {step.node: number for number, step in enumerate(steps)}
    for number, step in enumerate(steps):
        yield step
        if step.node is None or number != last[step.node]:
            continue
        if step.node != nodes[-1]:
            yield PlannedStep(Step.CHECK_CONTINUITY, step.node)
        if step.node == nodes[0]:
            yield from looks
