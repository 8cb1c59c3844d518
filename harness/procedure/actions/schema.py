"""Steps that change the schema and prove what it is."""

from __future__ import annotations

from harness.errors import StepError
from harness.evidence.clock import Clock, now_ns
from harness.evidence.names import Phase
from harness.evidence.outcomes import DatabaseCheck, DatabaseSynced, NodesProven, Tables
from harness.printable import plain
from harness.procedure.actions.commands import describe, manage, output, require_success
from harness.procedure.command_log import applied_migrations, error_lines
from harness.procedure.context import Context
from harness.procedure.plan import PlannedStep
from harness.procedure.stage import StepReport
from harness.releases.catalogue import Command

_DB_CHECK_ANSWERS = {
    0: "nothing is due",
    1: "broken or not under version control",
    2: "expand is due",
    3: "migrate is due",
    4: "contract is due",
}


def versions(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    """Hold the version tables against the release that serves."""
    _expect_tables(context, phase, step, report)


def db_sync(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    """Change the schema, and hold what the command logged against how it exited."""
    _record_tables(context, phase, step, "begin")
    # Read anew: somebody may have set the wall clock since the run began.
    clock = Clock.read()
    result = manage(context, step.need_release(), ("db_sync", f"--{phase}"), f"db_sync_{phase}.log", report)
    ended_ns = now_ns()
    describe(report, result)
    lines = [plain(line) for line in output(result.log)]
    migrations = applied_migrations(lines, phase, clock, ended_ns)
    errors = error_lines(lines)
    report.tell(DatabaseSynced(migrations, tuple(errors)))
    _record_tables(context, phase, step, "end")
    require_success(result)
    if errors:
        raise StepError(
            f"keystone-manage db_sync --{phase} exited with 0 but logged an error: {errors[0]} "
            f"(see {context.logs.name}/{result.log.name})"
        )


def prove_schema(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    """Hold the version tables against what the change must have left."""
    _expect_tables(context, phase, step, report)


def db_check(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    """Record what `--check` says; several releases answer 0 whatever is due, so nothing rests on it."""
    release = step.need_release()
    result = manage(context, release, ("db_sync", "--check"), f"db_check_{phase}.log", report)
    describe(report, result)
    answer = _DB_CHECK_ANSWERS.get(result.exit_code, "an answer that is not documented")
    report.tell(DatabaseCheck(answer, advisory=True, trusted=release.has(Command.DB_SYNC_CHECK)))


def prove_nodes(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """Contract is refused unless every node has just shown, itself, that it serves the new release."""
    release = step.need_release()
    seen: dict[str, str | None] = {node.name: None for node in context.deployment.nodes}
    report.tell(NodesProven(release.version, seen))
    for node in context.deployment.nodes:
        with report.busy():
            seen[node.name], _requests = context.prove_node(
                node, release, context.scenario.roll.start_deadline_s
            )
        report.tell(NodesProven(seen=seen))
        if seen[node.name] != release.version:
            raise StepError(
                f"{node.name} serves {seen[node.name]}, not {release.version}: contract would break it, "
                "so it is refused"
            )


def _expect_tables(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    release = step.need_release()
    expected = context.schema.tables(release, step.contracted or release)
    seen = _record_tables(context, phase, step, "end")
    report.tell(Tables(expected, seen))
    if seen != expected:
        raise StepError(f"the version tables hold {seen}, expected {expected}")


def _record_tables(context: Context, phase: Phase, step: PlannedStep, edge: str) -> dict[str, list[str]]:
    tables = context.deployment.database.version_tables()
    context.database_samples.append(
        {
            "mono_ns": now_ns(),
            "kind": "versions",
            "phase": phase,
            "step": step.step,
            "edge": edge,
            "tables": tables,
        }
    )
    return tables
