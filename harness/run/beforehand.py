"""What is looked at before anything is started, and before anything is imported that takes a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.deployment.backend import Backend
from harness.errors import UsageError
from harness.evidence.rundir import create_run_directory, discard
from harness.procedure.disorder import disordered
from harness.procedure.plan import plan
from harness.refusal import escaped
from harness.releases.catalogue import Release, load_catalogue
from harness.run.judgeable import need_judgeable
from harness.run.order import Order, Says
from harness.scenario import Scenario


def need_sound(order: Order) -> None:
    """Refuse an order that can be carried out on no machine.

    Raises:
        UsageError: with what is wrong, and the remedy.
    """
    for path, what in (
        (order.scenario_file, "the scenario"),
        (order.out, "--out"),
        (order.home, "HARNESS_HOME"),
    ):
        _need_text(path.absolute(), what)
    from_, to = pair(order.scenario, order.source)
    order.users_file()
    _need_steps(order, from_, to)
    need_judgeable(order.scenario, order.scenario_file)


def need_fit(order: Order, backend: Backend) -> None:
    """Refuse an order for which this machine is not fit; nothing is started, and nothing is left.

    Raises:
        UsageError: with what is wrong, and the remedy.
        HarnessError: the disk that is to get the run directory is full or broken.
    """
    if missing := backend.missing():
        words = "; ".join(f"{each.program} is not installed ({each.install})" for each in missing)
        raise UsageError(f"{words}; or let `harness check --install` do it.")
    backend.need_fit()
    discard(create_run_directory(order.out, order.scenario.name))


def pair(scenario: Scenario, says: Says) -> tuple[Release, Release]:
    """The releases of a scenario.

    Raises:
        UsageError: one is not known, or upstream does not support going from one to the other.
    """
    from_, to = release("from", scenario, says), release("to", scenario, says)
    load_catalogue().check_pair(from_, to)
    return from_, to


def release(key: str, scenario: Scenario, says: Says) -> Release:
    """The release that a scenario goes `from` or `to`.

    Raises:
        UsageError: there is none; names who asked for it, and those there are.
    """
    with laid_to(f"{says(key)}: {key}"):
        return load_catalogue().find(scenario.from_ if key == "from" else scenario.to)


@contextmanager
def laid_to(source: str) -> Iterator[None]:
    """Name the source in front of whatever is refused.

    Raises:
        UsageError: what the block raised, laid to the source.
    """
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{source}: {str(error).rstrip('.')}.") from error


def _need_text(path: Path, what: str) -> None:
    """Paths stand in the journal and in what generators are told, both of which are text in UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{escaped(str(path))}: the path of {what} is no text in UTF-8; choose another one."
        ) from error


def _need_steps(order: Order, from_: Release, to: Release) -> None:
    """What a fault leaves out must be in the plan of a deployment that lacks nothing."""
    scenario = order.scenario
    nodes = [f"node-{number}" for number in range(1, scenario.deployment.nodes + 1)]
    with laid_to(order.source("faults")):
        disordered(plan(scenario, from_, to, nodes, needs_trust=True), scenario.faults)
