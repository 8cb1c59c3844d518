"""Steps that run one command, and change no schema."""

from __future__ import annotations

from pathlib import Path

from harness.deployment.abilities import need
from harness.deployment.command import CommandResult
from harness.errors import StepError
from harness.evidence.names import Ability, Phase
from harness.evidence.outcomes import Advice, Backup, CommandRun
from harness.evidence.program_error import last_error
from harness.procedure.context import Context
from harness.procedure.plan import PlannedStep
from harness.procedure.stage import StepReport
from harness.releases.catalogue import Release
from harness.scenario import Importance


def backup(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    """Dump the database beside the evidence."""
    target = context.logs.parent / "backup.sql"
    deadline_s = context.scenario.procedure.command_deadline_s
    with report.busy():
        result = need(context.deployment.abilities.backup, Ability.BACKUP).backup(target, deadline_s)
    describe(report, result)
    if result.exit_code != 0:
        raise StepError(
            f"the backup of the database failed{own_error(result)} (exit {result.exit_code}, see "
            f"{result.log.name})"
        )
    report.tell(Backup(bytes=target.stat().st_size))


def doctor(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """Ask `keystone-manage doctor`."""
    result = manage(context, step.need_release(), ("doctor",), "doctor.log", report)
    _advisory(context, report, result, context.scenario.procedure.doctor)


def upgrade_check(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """Ask `keystone-status upgrade check`."""
    log = context.logs / "upgrade_check.log"
    with report.busy():
        result = context.deployment.upgrade_host.status(
            step.need_release(), ("upgrade", "check"), log, context.scenario.procedure.command_deadline_s
        )
    _advisory(context, report, result, context.scenario.procedure.upgrade_check)


def token_flush(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """Flush expired tokens."""
    result = manage(context, step.need_release(), ("token_flush",), "token_flush.log", report)
    describe(report, result)
    require_success(result)


def _advisory(context: Context, report: StepReport, result: CommandResult, importance: Importance) -> None:
    describe(report, result)
    report.tell(Advice(advisory=importance is Importance.ADVISORY))
    if result.exit_code != 0 and importance is Importance.REQUIRED:
        raise StepError(
            f"{' '.join(result.argv)} exited with {result.exit_code} and the scenario requires 0"
            f"{own_error(result)} (see {context.logs.name}/{result.log.name})"
        )


def manage(
    context: Context, release: Release, args: tuple[str, ...], log: str, report: StepReport
) -> CommandResult:
    """Run a `keystone-manage` command of a release on the upgrade host."""
    with report.busy():
        return context.deployment.upgrade_host.manage(
            release, args, context.logs / log, context.scenario.procedure.command_deadline_s
        )


def describe(report: StepReport, result: CommandResult) -> None:
    """Put a command into the journal."""
    duration_s = round(result.duration_s, 3)
    report.tell(CommandRun(result.argv, result.exit_code, duration_s, f"logs/{result.log.name}"))


def require_success(result: CommandResult) -> None:
    """Fail the step where its command did."""
    if result.exit_code != 0:
        raise StepError(
            f"{' '.join(result.argv)} exited with {result.exit_code}{own_error(result)} (see "
            f"logs/{result.log.name}); nothing was rolled any further"
        )


def own_error(result: CommandResult) -> str:
    """What the command itself says of why it failed, behind a colon; empty where its log says nothing."""
    quote = last_error(output(result.log))
    return f": {quote}" if quote else ""


def output(log: Path) -> list[str]:
    """The lines that a command printed and logged; none where the log can not be read."""
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
