"""Whether a statement waited too long for a lock while the database was changed."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.database import LockHolder
from harness.evidence.names import DATABASE_PHASES, Ability
from harness.judge.case import Case
from harness.judge.model import Finding, Verdict
from harness.judge.observations import LockWait
from harness.judge.questions.procedure.lock_causes import Cause, Held, causes
from harness.judge.words import counted, listed

LOCK_WAIT = "lock_wait"
"""Class of these findings, for the headline: a lock held somebody up, which is no step that failed."""
HOLDERS_MAX = 3
"""Named in a sentence; one is the rule."""


def check(case: Case) -> Iterator[Finding]:
    """FAIL for each cause of waits over the bound that is the step's; PASS, and told, for one that is not.
    INCONCLUSIVE where one could have gone unseen.

    Runs made before the database was watched have no such bound in their scenario, and are not asked. Where
    the database can not be watched at all, the limits say so.
    """
    if not case.evidence.scenario.database_is_watched:
        return
    bound_s = case.evidence.settings.lock_wait_s_max
    activity = case.database_activity
    held = [
        Held(wait, held_up)
        for wait in activity.waits
        if (held_up := _held_up_phase(case, wait, bound_s)) is not None
    ]
    for cause in causes(held, activity.waits):
        yield _finding(case, cause, bound_s)
    if case.evidence.manifest.lacks(Ability.DATABASE_ACTIVITY):
        return  # told by the limits
    for phase in activity.phases:
        if phase.phase in DATABASE_PHASES and phase.gap_s_max > bound_s:
            yield Finding(
                f"The database was not watched for {phase.gap_s_max:.1f} s of the phase {phase.phase} "
                f"({counted(phase.samples, 'sample')}), so a wait for a lock over {bound_s:g} s may have "
                "gone unseen.",
                Verdict.INCONCLUSIVE,
                phase=phase.phase,
            )


def _held_up_phase(case: Case, wait: LockWait, bound_s: float) -> str | None:
    """The database phase to which a wait over the bound belongs; None where there is none.

    That in which it began; else the first in which it went on for so long: what an earlier phase left waiting
    may hold up the upgrade as well.
    """
    if wait.phase in DATABASE_PHASES:
        return wait.phase if wait.waited_s > bound_s else None
    return next(
        (
            window.phase
            for window in case.evidence.windows
            if window.phase in DATABASE_PHASES
            and min(wait.end_ns, window.end_ns) - max(wait.start_ns, window.start_ns) > bound_s * 1e9
        ),
        None,
    )


def _finding(case: Case, cause: Cause, bound_s: float) -> Finding:
    wait, phase = cause.first.wait, cause.first.phase
    step = wait.step if wait.phase == phase else None
    where = f"phase {phase}" + (f", step {step}" if step else "")
    whom = "keystone-manage" if cause.step_alone else "Keystone"
    not_its = "" if cause.is_the_steps else ", and it was not the upgrade's"
    return Finding(
        f"A lock held {whom} up for {cause.longest_s:.1f} s from {case.evidence.seconds(cause.start_ns)}, in "
        f"{where}{not_its}: a statement of {wait.program or wait.account} waited ({wait.state}; allowed: "
        f"{bound_s:g} s): {wait.statement}{_queue(cause)}; {_held_by(cause)}.",
        Verdict.FAIL if cause.is_the_steps else Verdict.PASS,
        phase=phase,
        step=step,
        error=LOCK_WAIT,
        start_ns=cause.start_ns,
        end_ns=cause.end_ns,
    )


def _queue(cause: Cause) -> str:
    more = len(cause.waits) - 1 + cause.others
    return f", and {counted(more, 'more statement')} meanwhile" if more else ""


def _held_by(cause: Cause) -> str:
    told = [_holder(holder) for holder in cause.holders[:HOLDERS_MAX]]
    more = len(cause.holders) - HOLDERS_MAX
    if not told:
        return "who held it was not seen"
    return f"it was held by {listed(told)}" + (f" and {more:,} more" if more > 0 else "")


def _holder(holder: LockHolder) -> str:
    what = f"{holder.lock}: {holder.statement}" if holder.statement else holder.lock
    if holder.program:
        return f"{holder.program} (thread {holder.thread}, {what})"
    return f"thread {holder.thread} of account {holder.account} ({what})"
