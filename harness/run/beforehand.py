"""What is looked at before anything is started, and before anything is imported that takes a second."""

from __future__ import annotations

from pathlib import Path

from harness.deployment.backend import Backend
from harness.errors import UsageError
from harness.evidence.rundir import create_run_directory, discard
from harness.procedure.disorder import disordered
from harness.procedure.plan import plan
from harness.refusal import escaped
from harness.releases.catalogue import Release, load_catalogue
from harness.run.judgeable import need_judgeable
from harness.run.order import Order
from harness.scenario import Scenario


def need_possible(order: Order, backend: Backend) -> None:
    """Refuse an order that can not be carried out; nothing is started, and nothing is left.

    What is wrong with the order is told before what is wrong with the machine.

    Raises:
        UsageError: with what is wrong, and the remedy.
        HarnessError: the disk that is to get the run directory is full or broken.
    """
    for path, what in (
        (order.scenario_file, "the scenario"),
        (order.out, "--out"),
        (order.home, "HARNESS_HOME"),
    ):
        _need_text(path.absolute(), what)
    from_, to = pair(order.scenario)
    order.users_file()
    _need_steps(order.scenario, from_, to)
    need_judgeable(order.scenario, order.scenario_file)
    if missing := backend.missing():
        words = "; ".join(f"{each.program} is not installed ({each.install})" for each in missing)
        raise UsageError(f"{words}; or let `harness check --install` do it.")
    backend.need_fit()
    discard(create_run_directory(order.out, order.scenario.name))


def pair(scenario: Scenario) -> tuple[Release, Release]:
    """The releases of a scenario.

    Raises:
        UsageError: one is not known, or upstream does not support going from one to the other.
    """
    catalogue = load_catalogue()
    from_, to = catalogue.find(scenario.from_), catalogue.find(scenario.to)
    catalogue.check_pair(from_, to)
    return from_, to


def _need_text(path: Path, what: str) -> None:
    """Paths stand in the journal and in what generators are told, both of which are text in UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{escaped(str(path))}: the path of {what} is no text in UTF-8; choose another one."
        ) from error


def _need_steps(scenario: Scenario, from_: Release, to: Release) -> None:
    """What a fault leaves out must be in the plan of a deployment that lacks nothing."""
    nodes = [f"node-{number}" for number in range(1, scenario.deployment.nodes + 1)]
    disordered(plan(scenario, from_, to, nodes, needs_trust=True), scenario.faults)
