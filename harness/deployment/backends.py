"""Chooses the back-end that a scenario names; the only module that knows which there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.deployment.backend import Backend, Keeper
from harness.errors import UsageError
from harness.scenario import Scenario

if TYPE_CHECKING:
    from harness.deployment.local.backend import LocalBackend


def _local(scenario: Scenario, home: Path) -> LocalBackend:
    # What brings a lab up has no use where the back-end that is named is another, or none.
    from harness.deployment.local.backend import LocalBackend

    return LocalBackend.of(scenario, home)


BACKENDS: Mapping[str, Callable[[Scenario, Path], Backend]] = {"local": _local}
"""Value of `deployment.backend` -> what makes it for a scenario; the path is where releases and labs lie."""
KEEPERS: Mapping[str, Callable[[Scenario, Path], Keeper]] = {"local": _local}
"""Likewise, those that can leave a deployment running."""


def choose(scenario: Scenario, home: Path) -> Backend:
    """The back-end that the scenario names; nothing is started.

    Raises:
        UsageError: there is none of that name.
    """
    name = scenario.deployment.backend
    if name not in BACKENDS:
        raise UsageError(f"deployment.backend: {name}: there is no such back-end; known: {_names(BACKENDS)}.")
    return BACKENDS[name](scenario, home)


def choose_keeper(scenario: Scenario, home: Path) -> Keeper:
    """The same, for a deployment that is to be kept.

    Raises:
        UsageError: the back-end keeps none.
    """
    name = scenario.deployment.backend
    if name not in KEEPERS:
        raise UsageError(
            f"deployment.backend: {name} leaves no deployment running; those that do: {_names(KEEPERS)}."
        )
    return KEEPERS[name](scenario, home)


def of_this_machine(home: Path) -> LocalBackend:
    """The one for what is asked without a scenario."""
    from harness.deployment.local.backend import LocalBackend

    return LocalBackend.default(home)


def _names(known: Mapping[str, object]) -> str:
    return ", ".join(sorted(known))
