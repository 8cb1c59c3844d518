"""What waited for a lock in the database, pieced together from samples."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.evidence.database import ActivitySample, LockHolder, Waiting
from harness.judge.evidence import Evidence
from harness.judge.observations import DatabaseActivity, LockWait, PhaseActivity
from harness.judge.timeline import Window, phase_at, step_at

_HOLDERS_MAX = 16
"""Kept of one wait: a crowd of readers says no more."""


@dataclass(slots=True)
class _Wait:
    """A wait that may still go on."""

    key: tuple[int, str]
    """Thread and statement."""
    state: str
    account: str
    before_ns: int
    """The last sample without it."""
    first_ns: int
    last_ns: int
    reported_s: float
    program: str | None = None
    holders: tuple[LockHolder, ...] = ()


def database_activity(evidence: Evidence) -> DatabaseActivity:
    """Waits and phases of the samples of kind `activity`."""
    samples = sorted(evidence.database.activity, key=lambda sample: sample.mono_ns)
    waits = sorted(_waits(samples), key=lambda wait: (wait.first_ns, wait.key))
    return DatabaseActivity(
        waits=tuple(_told(evidence, wait) for wait in waits),
        phases=tuple(_phase(window, samples) for window in evidence.windows),
    )


def _waits(samples: Sequence[ActivitySample]) -> Iterator[_Wait]:
    """A thread that is seen to wait with one statement, sample after sample, is in one wait."""
    under_way: dict[tuple[int, str], _Wait] = {}
    last_ns = samples[0].mono_ns if samples else 0
    for sample in samples:
        seen: dict[tuple[int, str], _Wait] = {}
        for row in sample.waiting or ():
            key = (row.thread, row.statement)
            wait = under_way.pop(key, None) or _begun(row, last_ns, sample.mono_ns)
            wait.last_ns, wait.reported_s = sample.mono_ns, row.seconds
            wait.holders = _all_seen(wait.holders, row.holders)
            wait.program = wait.program if row.program is None else row.program
            seen[key] = wait
        yield from under_way.values()
        under_way, last_ns = seen, sample.mono_ns
    yield from under_way.values()


def _all_seen(before: Sequence[LockHolder], now: Sequence[LockHolder]) -> tuple[LockHolder, ...]:
    """Who held the lock at any look: a reader holds an ALTER up, and then the ALTER holds whoever waits."""
    return tuple({holder.thread: holder for holder in (*before, *now)}.values())[:_HOLDERS_MAX]


def _begun(row: Waiting, before_ns: int, instant_ns: int) -> _Wait:
    return _Wait((row.thread, row.statement), row.state, row.account, before_ns, instant_ns, instant_ns, 0.0)


def _told(evidence: Evidence, wait: _Wait) -> LockWait:
    """How long it waited: no longer than its statement had run, nor than since the last sample without it."""
    waited_s = min(wait.reported_s, (wait.last_ns - wait.before_ns) / 1e9)
    step = step_at(evidence.timeline, wait.first_ns)
    return LockWait(
        phase=phase_at(evidence.windows, wait.first_ns) or "none",
        step=step.step if step else None,
        start_ns=wait.last_ns - round(waited_s * 1e9),
        end_ns=wait.last_ns,
        waited_s=waited_s,
        state=wait.state,
        statement=wait.key[1],
        account=wait.account,
        program=wait.program,
        holders=wait.holders,
    )


def _phase(window: Window, samples: Sequence[ActivitySample]) -> PhaseActivity:
    inside = [sample for sample in samples if window.start_ns <= sample.mono_ns < window.end_ns]
    edges_ns = [window.start_ns, *(sample.mono_ns for sample in inside), window.end_ns]
    return PhaseActivity(
        phase=window.phase,
        samples=len(inside),
        gap_s_max=max(later - earlier for earlier, later in itertools.pairwise(edges_ns)) / 1e9,
        transactions_max=max((sample.transactions for sample in inside), default=0),
        oldest_transaction_s=max((sample.oldest_transaction_s for sample in inside), default=0.0),
    )
