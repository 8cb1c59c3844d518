"""Steps that take one node to another release."""

from __future__ import annotations

import time

from harness.deployment.abilities import Drain, need
from harness.errors import StepError, WaitTimeoutError
from harness.evidence.names import Ability, Phase
from harness.evidence.outcomes import Drained, NodeProven, Stopped, Switched
from harness.evidence.program_error import last_error
from harness.procedure.context import Context
from harness.procedure.plan import PlannedStep
from harness.procedure.stage import StepReport

POLL_S = 0.05
"""Pause between two looks at the balancer: short beside a drain, long beside a look (1 ms)."""


def drain(context: Context, _: Phase, step: PlannedStep, __: StepReport) -> None:
    """Have the balancer send the node no new sessions."""
    _drainer(context).set_state(str(step.node), "drain")


def wait_drained(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
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


def maint(context: Context, _: Phase, step: PlannedStep, __: StepReport) -> None:
    """Take the node out of the balancer."""
    _drainer(context).set_state(str(step.node), "maint")


def stop(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """End the node's server."""
    roll = context.scenario.roll
    report.tell(Stopped(roll.stop_signal))
    with report.busy():
        context.node(step.node).stop(roll.stop_signal, roll.stop_deadline_s)


def switch(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """Make the step's release the one that the node starts next."""
    release = step.need_release()
    report.tell(Switched(release.version))
    context.node(step.node).switch(release)


def start(context: Context, _: Phase, step: PlannedStep, __: StepReport) -> None:
    """Start the node's server; whether it serves is proven later."""
    context.node(step.node).start()


def prove(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """Wait until the node itself serves the step's release."""
    node, release = context.node(step.node), step.need_release()
    report.tell(NodeProven(release_expected=release.version))
    try:
        with report.busy():
            seen, requests = context.prove_node(node, release, context.scenario.roll.start_deadline_s)
    except StepError as error:
        quote = last_error(node.log_tail().splitlines())
        if quote is None:
            raise
        raise StepError(f"{error}; the last error of its log: {quote}") from error
    report.tell(NodeProven(release_seen=seen, requests=requests))
    if seen != release.version:
        raise StepError(f"{node.name} was started on {release.version} and answers as {seen}")


def ready(context: Context, _: Phase, step: PlannedStep, __: StepReport) -> None:
    """Put the node back into the balancer."""
    _drainer(context).set_state(str(step.node), "ready")


def wait_up(context: Context, _: Phase, step: PlannedStep, report: StepReport) -> None:
    """Wait until the balancer sends the node sessions."""
    node, deadline_s = str(step.node), context.scenario.roll.wait_up_deadline_s
    balancer = need(context.deployment.abilities.counters, Ability.BALANCER_COUNTERS)
    with report.busy():
        start_s = time.monotonic()
        while not balancer.is_up(node):
            waited_s = time.monotonic() - start_s
            if waited_s > deadline_s:
                status = balancer.counters().get(node, {}).get("status", "unknown")
                raise WaitTimeoutError(f"the balancer to see {node} up", waited_s, f"status {status}")
            time.sleep(POLL_S)


def _drainer(context: Context) -> Drain:
    return need(context.deployment.abilities.drain, Ability.DRAIN)
