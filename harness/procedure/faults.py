"""Injects the faults that a scenario declares, on the run's clock, and undoes them on every way out."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import MappingProxyType

from harness.deployment.abilities import Faults, Injection
from harness.errors import HarnessError, UsageError
from harness.evidence.clock import now_ns
from harness.evidence.journal import Journal
from harness.evidence.names import Edge, Phase, Step
from harness.evidence.outcomes import FaultBroken, FaultNote
from harness.procedure.alignment import next_probe_ns
from harness.scenario.fault import LASTING, OF_THE_PLAN, FaultKind, FaultSettings
from harness.signals import uninterrupted

_PREPARE_NS = 150_000_000
"""A fault is journalled and made ready so long before it is due: a journal line is flushed to the disk, and
looking up a server's processes reads all of /proc."""
_BEFORE_PROBE_NS = 2_000_000
"""An aligned fault begins so long before the probe is due: more than it takes, less than a probe interval."""
_JOIN_S_MAX = 60.0
"""For the thread to undo what is under way; starting a killed node again is the longest."""

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a fault is to happen."""

    fault: FaultSettings
    number: int
    """Counts its repeats from 1."""
    due_ns: int


def in_phase(faults: Sequence[FaultSettings], phase: str, began_ns: int) -> list[Occurrence]:
    """What is due in a phase by the clock, in the order of the scenario."""
    return [
        Occurrence(fault, number + 1, began_ns + round((fault.after_s + number * fault.every_s) * 1e9))
        for fault in faults
        if fault.phase == phase and fault.after_s is not None
        for number in range(fault.count)
    ]


def at_edge(
    faults: Sequence[FaultSettings], phase: str, step: str, node: str | None, edge: str, at_ns: int
) -> list[Occurrence]:
    """What is due at an edge of a step, in the order of the scenario."""
    return [
        Occurrence(fault, number + 1, at_ns + round(number * fault.every_s * 1e9))
        for fault in faults
        if _is_at(fault, phase, step, node, edge)
        for number in range(fault.count)
    ]


def _is_at(fault: FaultSettings, phase: str, step: str, node: str | None, edge: str) -> bool:
    if fault.kind in OF_THE_PLAN:
        return False
    if fault.kind is FaultKind.DIFFERENT_KEYS:
        return (phase, step, node, edge) == (Phase.ROLL, Step.SWITCH, fault.node, Edge.END)
    same = (fault.phase, fault.step, fault.edge) == (phase, step, edge)
    return same and fault.node in (None, node)


@dataclass(order=True)
class _Task:
    """Something that the thread does at an instant."""

    at_ns: int
    order: int
    act: Callable[[], None] = field(compare=False)


@dataclass(slots=True)
class _Active:
    """A fault in force."""

    occurrence: Occurrence
    phase: str
    injection: Injection
    begun_ns: int


class FaultSchedule:
    """Takes part in the procedure: injects what is due.

    Faults by the clock happen in a thread of their own; those at a step's edge happen in the driver's, before
    the next step. Whatever ends the run, `armed` undoes what is in force before it returns, and a fault that
    could not be injected is an error of the harness that ends the run at the next edge: a control without its
    fault would prove nothing.
    """

    def __init__(
        self,
        faults: Sequence[FaultSettings],
        journal: Journal,
        say: Callable[[str], None] = lambda _: None,
        *,
        clock: Callable[[], int] = now_ns,
        wait: Callable[[threading.Condition, float], object] = threading.Condition.wait,
    ) -> None:
        """`say` tells whoever watches; `clock` and `wait` (so long, or until notified) are for tests."""
        self._faults = tuple(faults)
        self._journal = journal
        self._say = say
        self._clock = clock
        self._wait = wait
        self._changed = threading.Condition()
        self._tasks: list[_Task] = []
        self._order = count()
        self._active: list[_Active] = []
        self._injected: set[str] = set()
        self._stopping = False
        self._armed = False
        self._error: BaseException | None = None
        self._phase: str = Phase.SETUP
        self._prepare: Callable[[FaultSettings], Injection] | None = None
        self._probes = Path()

    # --- taking part

    def phase_began(self, phase: Phase) -> None:
        """Put what the phase has in store on the clock.

        Raises:
            HarnessError: a fault could not be made ready, injected or undone.
        """
        self._phase = phase
        with self._taking_part():
            self._put_phase(phase, self._clock())

    def step_began(self, phase: Phase, step: Step, node: str | None) -> None:
        """Inject what is due before the step acts; raises likewise."""
        with self._taking_part():
            self._at_edge(phase, step, node, Edge.BEGIN)

    def step_ended(self, phase: Phase, step: Step, node: str | None) -> None:
        """Inject what is due before the next step; raises likewise."""
        with self._taking_part():
            self._at_edge(phase, step, node, Edge.END)

    @contextmanager
    def _taking_part(self) -> Iterator[None]:
        """Raise what has failed since the last edge, and what fails at this one, in the schedule's words."""
        if self._error is not None and self._armed:
            raise _as_harness_error(self._error)
        try:
            yield
        except Exception as error:
            self._keep(error)
            raise _as_harness_error(error) from error

    def _put_phase(self, phase: Phase, began_ns: int) -> None:
        if not self._armed:
            return
        for fault in self._faults:
            if fault.kind in OF_THE_PLAN and phase == _phase_of(fault):
                self._tell(Occurrence(fault, 1, began_ns), phase, (began_ns, began_ns))
        for occurrence in in_phase(self._faults, phase, began_ns):
            self._put(occurrence.due_ns - _PREPARE_NS, lambda o=occurrence: self._get_ready(o))  # type: ignore[misc]

    # --- acting

    @contextmanager
    def armed(self, able: Faults | None, probes: Path) -> Iterator[None]:
        """Inject during the block; undo everything when it is left.

        Args:
            able: makes faults of the deployment ready; None where it has no such ability.
            probes: request file of the probes, by which faults are aligned.

        Raises:
            UsageError: the scenario has a fault that this deployment can not have.
            HarnessError: a fault could not be injected, or not undone, or its time never came.
        """
        if not self._faults:
            yield
            return
        self._prepare, self._probes, self._armed = self._preparing(able), probes, True
        thread = threading.Thread(target=self._run, name="faults", daemon=True)
        thread.start()
        try:
            yield
        finally:
            with uninterrupted():
                self._disarm(thread)
        if self._error is not None:
            raise _as_harness_error(self._error)
        missing = [fault.called for fault in self._faults if fault.called not in self._injected]
        if missing:
            raise HarnessError(
                f"the fault {missing[0]} was never injected: its phase or step did not come, or ended first"
            )

    def _preparing(self, able: Faults | None) -> Callable[[FaultSettings], Injection] | None:
        harm = [fault.called for fault in self._faults if fault.kind not in OF_THE_PLAN]
        if harm and able is None:
            raise UsageError(
                f"faults: {harm[0]}: this deployment has no way to be harmed on purpose; leave its faults "
                "out, or run the control on a back-end that has one."
            )
        return None if able is None else able.prepare

    def _disarm(self, thread: threading.Thread) -> None:
        self._armed = False
        with self._changed:
            self._stopping = True
            self._changed.notify()
        thread.join(_JOIN_S_MAX)
        self._undo_all()  # where the thread hangs or broke

    def _at_edge(self, phase: str, step: str, node: str | None, edge: str) -> None:
        if not self._armed:
            return
        for occurrence in at_edge(self._faults, phase, step, node, edge, self._clock()):
            if occurrence.number == 1:
                self._inject(occurrence, phase, self._made_ready(occurrence, phase))
            else:
                self._put(occurrence.due_ns - _PREPARE_NS, lambda o=occurrence: self._get_ready(o))  # type: ignore[misc]

    def _put(self, at_ns: int, act: Callable[[], None]) -> None:
        with self._changed:
            heapq.heappush(self._tasks, _Task(at_ns, next(self._order), act))
            self._changed.notify()

    def _run(self) -> None:
        try:
            while (task := self._next()) is not None:
                task.act()
        except BaseException as error:  # noqa: BLE001 - kept for `armed`, which raises it where it is heard
            self._keep(error)
        finally:
            self._undo_all()

    def _next(self) -> _Task | None:
        """Wait for the next task's time and take it; None once the run is over."""
        with self._changed:
            while not self._stopping:
                left_s = (self._tasks[0].at_ns - self._clock()) / 1e9 if self._tasks else 3600.0
                if left_s <= 0:
                    return heapq.heappop(self._tasks)
                self._wait(self._changed, left_s)
        return None

    def _get_ready(self, occurrence: Occurrence) -> None:
        phase = self._phase
        injection = self._made_ready(occurrence, phase)
        due_ns = max(occurrence.due_ns, self._clock())
        if occurrence.fault.align:
            due_ns = next_probe_ns(self._probes, due_ns + _BEFORE_PROBE_NS) - _BEFORE_PROBE_NS
        self._put(due_ns, lambda: self._inject(occurrence, phase, injection))

    def _made_ready(self, occurrence: Occurrence, phase: str) -> Injection:
        assert self._prepare is not None  # noqa: S101 - set before anything is put on the clock
        injection = self._prepare(occurrence.fault)
        self._tell(occurrence, phase)
        return injection

    def _inject(self, occurrence: Occurrence, phase: str, injection: Injection) -> None:
        active = _Active(occurrence, phase, injection, self._clock())
        self._active.append(active)  # before it begins: half a fault is undone as well
        active.begun_ns = injection.begin()
        if occurrence.fault.kind in LASTING and occurrence.fault.duration_s is not None:
            end_ns = active.begun_ns + round(occurrence.fault.duration_s * 1e9)
            self._put(end_ns, lambda: self._end(active))
        else:
            self._active.remove(active)
            self._told_over(active, active.begun_ns)

    def _end(self, active: _Active) -> None:
        if active not in self._active:
            return
        ended_ns = active.injection.end()
        self._active.remove(active)
        self._told_over(active, ended_ns)

    def _undo_all(self) -> None:
        for active in list(self._active):
            try:
                self._end(active)
            except BaseException as error:  # noqa: BLE001 - the others are undone whatever this one does
                self._keep(error)

    def _keep(self, error: BaseException) -> None:
        """The first failure is raised by `armed`; each one is journalled, for another may hide it there."""
        self._error = self._error or error
        words = f"{type(error).__name__}: {error}"
        with suppress(OSError):  # a full disk must not keep the others in force
            self._journal.write(Edge.NOTE, self._phase, Step.INJECT, detail=FaultBroken(words).detail())

    def _told_over(self, active: _Active, ended_ns: int) -> None:
        detail = dict(active.injection.detail)
        self._tell(active.occurrence, active.phase, (active.begun_ns, ended_ns), detail)

    def _tell(
        self,
        occurrence: Occurrence,
        phase: str,
        times_ns: tuple[int, int] | None = None,
        how: Mapping[str, object] = _NOTHING,
    ) -> None:
        """Journal it as a note, which is no step: the judge must find out for itself."""
        fault = occurrence.fault
        told = FaultNote(
            fault=fault.called,
            kind=fault.kind,
            number=occurrence.number,
            node=fault.node,
            duration_s_asked=fault.duration_s,
            begin_ns=times_ns[0] if times_ns else None,
            end_ns=times_ns[1] if times_ns else None,
        )
        self._journal.write(Edge.NOTE, phase, Step.INJECT, detail={**told.detail(), **how})
        if times_ns is not None:
            self._injected.add(fault.called)
            lasted_s = (times_ns[1] - times_ns[0]) / 1e9
            self._say(f"fault {fault.called} injected" + (f", {lasted_s:.3f} s" if lasted_s else ""))


def _phase_of(fault: FaultSettings) -> str | None:
    return Phase.CONTRACT if fault.kind is FaultKind.CONTRACT_EARLY else fault.phase


def _as_harness_error(error: BaseException) -> HarnessError:
    if isinstance(error, HarnessError):
        return HarnessError(f"a fault could not be injected or undone: {error}")
    return HarnessError(f"the injection of faults broke: {type(error).__name__}: {error}")
