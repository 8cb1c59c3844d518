"""Whether a statement waited too long for a lock while the database was changed."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import DATABASE_PHASES, Ability
from harness.judge.case import Case
from harness.judge.model import Finding, Verdict
from harness.judge.observations import LockWait
from harness.judge.words import counted


def check(case: Case) -> Iterator[Finding]:
    """FAIL for each wait over the bound; INCONCLUSIVE where one could have gone unseen.

    Runs made before the database was watched have no such bound in their scenario, and are not asked. Where
    the database can not be watched at all, the limits say so.
    """
    if not case.evidence.scenario.database_is_watched:
        return
    bound_s = case.evidence.settings.lock_wait_s_max
    activity = case.database_activity
    for wait in activity.waits:
        held_up = _held_up_phase(case, wait, bound_s)
        if held_up is not None:
            yield _finding(case, wait, held_up, bound_s)
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


def _finding(case: Case, wait: LockWait, phase: str, bound_s: float) -> Finding:
    step = wait.step if wait.phase == phase else None
    where = f"phase {phase}" + (f", step {step}" if step else "")
    return Finding(
        f"A statement of {wait.account} waited {wait.waited_s:.1f} s in the database ({wait.state}; allowed: "
        f"{bound_s:g} s), from {case.evidence.seconds(wait.start_ns)}, in {where}: {wait.statement}.",
        Verdict.FAIL,
        phase=phase,
        step=step,
        start_ns=wait.start_ns,
        end_ns=wait.end_ns,
    )
