"""Whether a statement waited too long for a lock while the database was changed."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import DATABASE_PHASES
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Verdict
from harness.judge.observations import LockWait
from harness.judge.words import counted


def check(evidence: Evidence) -> Iterator[Finding]:
    """FAIL for each wait over the bound; INCONCLUSIVE where one could have gone unseen.

    Runs made before the database was watched have no such bound in their scenario, and are not asked.
    """
    if evidence.setting("judge", "lock_wait_s_max") is None:
        return
    bound_s = evidence.settings.lock_wait_s_max
    activity = evidence.database_activity
    for wait in activity.waits:
        if wait.phase in DATABASE_PHASES and wait.waited_s > bound_s:
            yield _finding(evidence, wait, bound_s)
    for phase in activity.phases:
        if phase.phase in DATABASE_PHASES and phase.gap_s_max > bound_s:
            yield Finding(
                f"The database was not watched for {phase.gap_s_max:.1f} s of the phase {phase.phase} "
                f"({counted(phase.samples, 'sample')}), so a wait for a lock over {bound_s:g} s may have "
                "gone unseen.",
                Verdict.INCONCLUSIVE,
                phase=phase.phase,
            )


def _finding(evidence: Evidence, wait: LockWait, bound_s: float) -> Finding:
    where = f"phase {wait.phase}" + (f", step {wait.step}" if wait.step else "")
    return Finding(
        f"A statement of {wait.account} waited {wait.waited_s:.1f} s in the database ({wait.state}; allowed: "
        f"{bound_s:g} s), from {evidence.seconds(wait.start_ns)}, in {where}: {wait.statement}.",
        Verdict.FAIL,
        phase=wait.phase,
        step=wait.step,
        start_ns=wait.start_ns,
        end_ns=wait.end_ns,
    )
