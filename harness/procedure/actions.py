"""Carries out each step; holds no policy, which is the plan's."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from harness.deployment.abilities import Drain
from harness.deployment.command import CommandResult
from harness.errors import HarnessError, NoRoomError, StepError, WaitTimeoutError
from harness.evidence.clock import now_ns
from harness.evidence.ledger import Stage as LedgerStage
from harness.evidence.names import Ability, Phase, Step
from harness.evidence.outcomes import (
    Advice,
    Backup,
    BaselineJudged,
    CommandRun,
    DatabaseCheck,
    DatabaseSynced,
    Drained,
    NodeProven,
    NodesProven,
    ReadBackDone,
    Stopped,
    Switched,
    Tables,
    TrustRestored,
    TrustSet,
)
from harness.procedure import actions_continuity
from harness.procedure.command_log import applied_migrations, error_lines
from harness.procedure.context import Context
from harness.procedure.plan import PlannedStep
from harness.procedure.stage import StepReport
from harness.releases.catalogue import Command, Release
from harness.scenario import Importance

POLL_S = 0.05
"""Pause between two looks at the balancer: short beside a drain, long beside a look (1 ms)."""

_DB_CHECK_ANSWERS = {
    0: "nothing is due",
    1: "broken or not under version control",
    2: "expand is due",
    3: "migrate is due",
    4: "contract is due",
}

Action = Callable[[Context, Phase, PlannedStep, StepReport], None]


def _observe(context: Context, phase: Phase, _: PlannedStep, report: StepReport) -> None:
    procedure = context.scenario.procedure
    report.wait(procedure.baseline_s if phase is Phase.BASELINE else procedure.cooldown_s)


def _judge_baseline(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    objection = context.baseline_objection()
    report.tell(BaselineJudged(objection))
    if objection is not None:
        raise NoRoomError(
            f"nothing was upgraded, because the baseline is no ground to compare with: {objection}; "
            "lower the rates of [[probes]] and [load], give the machine more room, or set "
            "procedure.stop_on_bad_baseline = false"
        )


def _settle(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """After a node: a fixed time. At the end of a phase: until the phase is long enough to be judged."""
    if step.node is not None:
        report.wait(context.scenario.roll.settle_s)
        return
    lasted_s = time.monotonic() - context.stage.phase_began_s
    report.wait(context.scenario.procedure.phase_s_min - lasted_s)


def _backup(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    target = context.logs.parent / "backup.sql"
    deadline_s = context.scenario.procedure.command_deadline_s
    with report.busy():
        result = _able(context.deployment.abilities.backup, Ability.BACKUP).backup(target, deadline_s)
    _describe(report, result)
    if result.exit_code != 0:
        raise StepError(f"the backup of the database failed (exit {result.exit_code}, see {result.log.name})")
    report.tell(Backup(bytes=target.stat().st_size))


def _versions(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    _expect_tables(context, phase, step, report)


def _advisory(context: Context, report: StepReport, result: CommandResult, importance: Importance) -> None:
    _describe(report, result)
    report.tell(Advice(advisory=importance is Importance.ADVISORY))
    if result.exit_code != 0 and importance is Importance.REQUIRED:
        raise StepError(
            f"{' '.join(result.argv)} exited with {result.exit_code} and the scenario requires 0 "
            f"(see {context.logs.name}/{result.log.name})"
        )


def _doctor(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    result = _manage(context, step.need_release(), ("doctor",), "doctor.log", report)
    _advisory(context, report, result, context.scenario.procedure.doctor)


def _upgrade_check(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    log = context.logs / "upgrade_check.log"
    with report.busy():
        result = context.deployment.upgrade_host.status(
            step.need_release(), ("upgrade", "check"), log, context.scenario.procedure.command_deadline_s
        )
    _advisory(context, report, result, context.scenario.procedure.upgrade_check)


def _token_flush(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    result = _manage(context, step.need_release(), ("token_flush",), "token_flush.log", report)
    _describe(report, result)
    _require_success(result)


def _set_trust(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    database = _able(context.deployment.abilities.trust, Ability.TRUST)
    before = database.trust_function_creators()
    report.tell(TrustSet(binlog=True, before=before))
    # Remembered before the change, so that a failure half-way is put right as well.
    context.trust_before = before
    database.set_trust_function_creators(True)
    after = database.trust_function_creators()
    report.tell(TrustSet(after=after))
    if not after:
        raise StepError("log_bin_trust_function_creators was set to 1 and still reads 0")


def _restore_trust(context: Context, _: Phase, __: PlannedStep, report: StepReport) -> None:
    before = context.trust_before
    if before is None:
        raise StepError("log_bin_trust_function_creators cannot be restored: its first value is not known")
    report.tell(TrustRestored(before=before))
    database = _able(context.deployment.abilities.trust, Ability.TRUST)
    database.set_trust_function_creators(before)
    seen = database.trust_function_creators()
    report.tell(TrustRestored(seen=seen))
    if seen != before:
        raise StepError(
            f"log_bin_trust_function_creators was set back to {before:d} and still reads {seen:d}"
        )
    context.trust_before = None


def _db_sync(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    _record_tables(context, phase, step, "begin")
    result = _manage(context, step.need_release(), ("db_sync", f"--{phase}"), f"db_sync_{phase}.log", report)
    ended_ns = now_ns()
    _describe(report, result)
    lines = result.log.read_text(encoding="utf-8", errors="replace").splitlines()
    migrations = applied_migrations(lines, phase, context.clock, ended_ns)
    errors = error_lines(lines)
    report.tell(DatabaseSynced(migrations, tuple(errors)))
    _record_tables(context, phase, step, "end")
    _require_success(result)
    if errors:
        raise StepError(
            f"keystone-manage db_sync --{phase} exited with 0 but logged an error: {errors[0]} "
            f"(see {context.logs.name}/{result.log.name})"
        )


def _prove_schema(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    _expect_tables(context, phase, step, report)


def _db_check(context: Context, phase: Phase, step: PlannedStep, report: StepReport) -> None:
    """Record what `--check` says; several releases answer 0 whatever is due, so nothing rests on it."""
    release = step.need_release()
    result = _manage(context, release, ("db_sync", "--check"), f"db_check_{phase}.log", report)
    _describe(report, result)
    answer = _DB_CHECK_ANSWERS.get(result.exit_code, "an answer that is not documented")
    report.tell(DatabaseCheck(answer, advisory=True, trusted=release.has(Command.DB_SYNC_CHECK)))


def _prove_nodes(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
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


def _drain(context: Context, _: Phase, step: PlannedStep, __: StepReport) -> None:
    _drainer(context).set_state(str(step.node), "drain")


def _wait_drained(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """Wait for the node's last session; at the deadline go on, as operators do, and say what was left."""
    node, balancer = str(step.node), _drainer(context)
    deadline_s = context.scenario.roll.drain_deadline_s
    with report.busy():
        end_s = time.monotonic() + deadline_s
        left = balancer.sessions(node)
        while left and time.monotonic() < end_s:
            time.sleep(POLL_S)
            left = balancer.sessions(node)
    report.tell(Drained(left, deadline_s))


def _maint(context: Context, _: Phase, step: PlannedStep, __: StepReport) -> None:
    _drainer(context).set_state(str(step.node), "maint")


def _stop(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    roll = context.scenario.roll
    report.tell(Stopped(roll.stop_signal))
    with report.busy():
        context.node(step.node).stop(roll.stop_signal, roll.stop_deadline_s)


def _switch(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    release = step.need_release()
    report.tell(Switched(release.version))
    context.node(step.node).switch(release)


def _start(context: Context, _: Phase, step: PlannedStep, __: StepReport) -> None:
    context.node(step.node).start()


def _prove(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    node, release = context.node(step.node), step.need_release()
    report.tell(NodeProven(release_expected=release.version))
    with report.busy():
        seen, requests = context.prove_node(node, release, context.scenario.roll.start_deadline_s)
    report.tell(NodeProven(release_seen=seen, requests=requests))
    if seen != release.version:
        raise StepError(f"{node.name} was started on {release.version} and answers as {seen}")


def _ready(context: Context, _: Phase, step: PlannedStep, __: StepReport) -> None:
    _drainer(context).set_state(str(step.node), "ready")


def _wait_up(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    node, deadline_s = str(step.node), context.scenario.roll.wait_up_deadline_s
    balancer = _able(context.deployment.abilities.counters, Ability.BALANCER_COUNTERS)
    with report.busy():
        start_s = time.monotonic()
        while not balancer.is_up(node):
            waited_s = time.monotonic() - start_s
            if waited_s > deadline_s:
                status = balancer.counters().get(node, {}).get("status", "unknown")
                raise WaitTimeoutError(f"the balancer to see {node} up", waited_s, f"status {status}")
            time.sleep(POLL_S)


def _read_back(context: Context, phase: Phase, _: PlannedStep, report: StepReport) -> None:
    """What could not be read is evidence too little, not a failed step."""
    with report.busy():
        counts = context.read_back(LedgerStage.ROLL if phase is Phase.ROLL else LedgerStage.CONTRACT)
    report.tell(ReadBackDone.of(counts))


ACTIONS: dict[Step, Action] = {
    Step.OBSERVE: _observe,
    Step.JUDGE_BASELINE: _judge_baseline,
    Step.SETTLE: _settle,
    Step.BACKUP: _backup,
    Step.VERSIONS: _versions,
    Step.DOCTOR: _doctor,
    Step.UPGRADE_CHECK: _upgrade_check,
    Step.TOKEN_FLUSH: _token_flush,
    Step.SET_TRUST: _set_trust,
    Step.RESTORE_TRUST: _restore_trust,
    Step.DB_SYNC: _db_sync,
    Step.PROVE_SCHEMA: _prove_schema,
    Step.DB_CHECK: _db_check,
    Step.PROVE_NODES: _prove_nodes,
    Step.DRAIN: _drain,
    Step.WAIT_DRAINED: _wait_drained,
    Step.MAINT: _maint,
    Step.STOP: _stop,
    Step.SWITCH: _switch,
    Step.START: _start,
    Step.PROVE: _prove,
    Step.READY: _ready,
    Step.WAIT_UP: _wait_up,
    Step.READ_BACK: _read_back,
    Step.MAKE_COHORT: actions_continuity.make_cohort,
    Step.CHECK_COHORT: actions_continuity.check_cohort,
    Step.CHECK_CONTINUITY: actions_continuity.check_continuity,
}
"""How each planned step is carried out."""


_T = TypeVar("_T")


def _able(ability: _T | None, name: Ability) -> _T:
    """What the plan would have left out, were it not there."""
    if ability is None:
        raise HarnessError(f"the plan asks for the ability {name}, which this deployment has not")
    return ability


def _drainer(context: Context) -> Drain:
    return _able(context.deployment.abilities.drain, Ability.DRAIN)


def _manage(
    context: Context, release: Release, args: tuple[str, ...], log: str, report: StepReport
) -> CommandResult:
    with report.busy():
        return context.deployment.upgrade_host.manage(
            release, args, context.logs / log, context.scenario.procedure.command_deadline_s
        )


def _describe(report: StepReport, result: CommandResult) -> None:
    duration_s = round(result.duration_s, 3)
    report.tell(CommandRun(result.argv, result.exit_code, duration_s, f"logs/{result.log.name}"))


def _require_success(result: CommandResult) -> None:
    if result.exit_code != 0:
        raise StepError(
            f"{' '.join(result.argv)} exited with {result.exit_code} (see logs/{result.log.name}); "
            "nothing was rolled any further"
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
