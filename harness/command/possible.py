"""Refuses an order that can not be carried out, before anything is imported that takes a second."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.evidence.history import History
    from harness.run.order import Order, Says
    from harness.scenario import Scenario


def possible_order(
    scenario: Scenario, scenario_file: Path, out: Path, says: Says, earlier: History | None = None
) -> Order:
    """What is to be run, looked at from all sides as far as nothing has to be started for it.

    Raises:
        UsageError: it can not be carried out.
        HarnessError: the disk that is to get the run directory is full or broken.
    """
    from harness.deployment import backends
    from harness.releases.prepare import default_home
    from harness.run.beforehand import laid_to, need_fit, need_sound
    from harness.run.order import Order

    command = ("harness", *map(_text, sys.argv[1:]))
    order = Order(scenario, scenario_file, default_home(), out, command, earlier, says)
    need_sound(order)
    with laid_to(says("deployment.backend")):
        backend = backends.choose(scenario, order.home)
    need_fit(order, backend)
    return order


def _text(argument: str) -> str:
    """An argument as `run.json` can hold it, which is text in UTF-8."""
    return argument.encode("utf-8", "backslashreplace").decode()
