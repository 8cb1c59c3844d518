"""Which waits for a lock have one cause, and whether that was the step itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.evidence.database import LockHolder
from harness.judge.observations import LockWait

_COMMANDS = ("keystone-manage", "keystone-status")
"""How the programs begin that a step runs; all others are nodes, or nobody's that the harness knows."""
_CHANGES_A_TABLE = re.compile(r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)
"""No node does so: where it is not noted whose a statement is, these are the step's."""
_NEVER_OF_A_STEP = re.compile(r"\b(backup|global read|commit) lock\b", re.IGNORECASE)
"""Such a lock is held by a backup (`FLUSH TABLES WITH READ LOCK`, `BACKUP STAGE`), never by a migration."""


@dataclass(frozen=True, slots=True)
class Held:
    """A wait over the bound, and the phase that it held up."""

    wait: LockWait
    phase: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Waits over the bound that overlap: behind one lock everybody queues."""

    waits: tuple[Held, ...]
    others: int
    """Shorter waits meanwhile."""

    @property
    def first(self) -> Held:
        """The step's own, else the longest: the one to name."""
        own = [each for each in self.waits if is_own(each.wait)]
        return max(own or self.waits, key=lambda each: each.wait.waited_s)

    @property
    def start_ns(self) -> int:
        """When the first of them began."""
        return min(each.wait.start_ns for each in self.waits)

    @property
    def end_ns(self) -> int:
        """When the last of them was last seen."""
        return max(each.wait.end_ns for each in self.waits)

    @property
    def longest_s(self) -> float:
        """Of the longest."""
        return max(each.wait.waited_s for each in self.waits)

    @property
    def holders(self) -> tuple[LockHolder, ...]:
        """Who was seen to hold it, each thread once."""
        held = {holder.thread: holder for each in self.waits for holder in each.wait.holders}
        return tuple(held.values())

    @property
    def is_the_steps(self) -> bool:
        """Whether the step itself waited, or held the lock, or that can not be ruled out."""
        return any(is_own(each.wait) or _may_be_held_by_step(each.wait) for each in self.waits)

    @property
    def step_alone(self) -> bool:
        """Whether nobody but the step waited."""
        return not self.others and all(is_own(each.wait) for each in self.waits)


def causes(held: Iterable[Held], waits: Sequence[LockWait]) -> tuple[Cause, ...]:
    """Group waits over the bound that overlap in time; `waits` are all there were, for those beside."""
    groups: list[list[Held]] = []
    end_ns = 0
    for each in sorted(held, key=lambda one: one.wait.start_ns):
        if not groups or each.wait.start_ns > end_ns:
            groups.append([])
        groups[-1].append(each)
        end_ns = max(end_ns, each.wait.end_ns)
    return tuple(_cause(group, waits) for group in groups)


def _cause(group: Sequence[Held], waits: Sequence[LockWait]) -> Cause:
    start_ns, end_ns = min(e.wait.start_ns for e in group), max(e.wait.end_ns for e in group)
    over = {id(each.wait) for each in group}
    beside = [w for w in waits if id(w) not in over and w.start_ns < end_ns and w.end_ns > start_ns]
    return Cause(tuple(group), len(beside))


def is_own(wait: LockWait) -> bool:
    """Whether the step itself waited."""
    if wait.program is not None:
        return wait.program.startswith(_COMMANDS)
    return _CHANGES_A_TABLE.match(wait.statement) is not None


def _may_be_held_by_step(wait: LockWait) -> bool:
    if wait.holders:
        return any(_may_be_the_step(holder, wait) for holder in wait.holders)
    return _NEVER_OF_A_STEP.search(wait.state) is None


def _may_be_the_step(holder: LockHolder, wait: LockWait) -> bool:
    """Nodes and steps share an account; who has another is neither."""
    if holder.program is not None:
        return holder.program.startswith(_COMMANDS)
    return holder.account == wait.account
