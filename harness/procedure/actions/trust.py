"""Steps that set the database server's trust flag and put it back."""

from __future__ import annotations

from harness.deployment.abilities import need
from harness.errors import StepError
from harness.evidence.names import Ability, Phase
from harness.evidence.outcomes import TrustRestored, TrustSet
from harness.procedure.context import Context
from harness.procedure.plan import PlannedStep
from harness.procedure.stage import StepReport


def set_trust(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    """Set the flag; its first value is remembered before."""
    database = need(context.deployment.abilities.trust, Ability.TRUST)
    before = database.trust_function_creators()
    report.tell(TrustSet(binlog=True, before=before))
    # Remembered before the change, so that a failure half-way is put right as well.
    context.trust_before = before
    database.set_trust_function_creators(True)
    after = database.trust_function_creators()
    report.tell(TrustSet(after=after))
    if not after:
        raise StepError("log_bin_trust_function_creators was set to 1 and still reads 0")


def restore_trust(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    """Put the flag's first value back."""
    before = context.trust_before
    if before is None:
        raise StepError("log_bin_trust_function_creators cannot be restored: its first value is not known")
    report.tell(TrustRestored(before=before))
    database = need(context.deployment.abilities.trust, Ability.TRUST)
    database.set_trust_function_creators(before)
    seen = database.trust_function_creators()
    report.tell(TrustRestored(seen=seen))
    if seen != before:
        raise StepError(
            f"log_bin_trust_function_creators was set back to {before:d} and still reads {seen:d}"
        )
    context.trust_before = None
