"""One run, as asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.evidence.history import History
from harness.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Order:
    """What to run, and where its evidence goes."""

    scenario: Scenario
    scenario_file: Path
    home: Path
    """Where releases and labs lie."""
    out: Path
    command: tuple[str, ...]
    earlier: History | None = None
    """Runs that this one will be compared with."""

    def users_file(self) -> Path:
        """The Locust file of the load.

        Raises:
            UsageError: it does not exist.
        """
        beside = self.scenario_file.parent / self.scenario.load.users_file
        if not beside.is_file():
            raise UsageError(
                f"{self.scenario_file}: load.users_file: {beside} does not exist; "
                "name a Locust file that lies beside the scenario."
            )
        return beside
