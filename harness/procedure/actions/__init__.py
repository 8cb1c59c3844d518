"""How each planned step is carried out, a file for each kind; holds no policy, which is the plan's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.evidence.names import Phase, Step
from harness.procedure.actions import commands, continuity, load, node, schema, trust
from harness.procedure.context import Context
from harness.procedure.plan import PlannedStep
from harness.procedure.stage import StepReport

Action = Callable[[Context, Phase, PlannedStep, StepReport], None]

ACTIONS: Mapping[Step, Action] = {
    Step.OBSERVE: load.observe,
    Step.JUDGE_BASELINE: load.judge_baseline,
    Step.SETTLE: load.settle,
    Step.BACKUP: commands.backup,
    Step.VERSIONS: schema.versions,
    Step.DOCTOR: commands.doctor,
    Step.UPGRADE_CHECK: commands.upgrade_check,
    Step.TOKEN_FLUSH: commands.token_flush,
    Step.SET_TRUST: trust.set_trust,
    Step.RESTORE_TRUST: trust.restore_trust,
    Step.DB_SYNC: schema.db_sync,
    Step.PROVE_SCHEMA: schema.prove_schema,
    Step.DB_CHECK: schema.db_check,
    Step.PROVE_NODES: schema.prove_nodes,
    Step.DRAIN: node.drain,
    Step.WAIT_DRAINED: node.wait_drained,
    Step.MAINT: node.maint,
    Step.STOP: node.stop,
    Step.SWITCH: node.switch,
    Step.START: node.start,
    Step.PROVE: node.prove,
    Step.READY: node.ready,
    Step.WAIT_UP: node.wait_up,
    Step.READ_BACK: load.read_back,
    Step.MAKE_COHORT: continuity.make_cohort,
    Step.CHECK_COHORT: continuity.check_cohort,
    Step.CHECK_OLD_DATA: continuity.check_old_data,
    Step.CHECK_CONTINUITY: continuity.check_continuity,
}
"""The one place where a step gets its action."""
