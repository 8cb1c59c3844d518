"""One run, as asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.evidence.history import History
from harness.refusal import escaped
from harness.scenario import Scenario

Says = Callable[[str], str]
"""Who gives the value of a dotted key: `--set to=2026.1`, or a file."""


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
    says: Says | None = None
    """Who gives the value of a key of the scenario; None: its file, all of them."""

    def source(self, key: str) -> str:
        """Whom to name where a value of the scenario is refused: an option, or the file."""
        return escaped(str(self.scenario_file)) if self.says is None else self.says(key)

    def users_file(self) -> Path:
        """The Locust file of the load.

        Raises:
            UsageError: it does not exist.
        """
        beside = self.scenario_file.parent / self.scenario.load.users_file
        if not _is_file(beside):
            raise UsageError(
                f"{self.source('load.users_file')}: load.users_file: {beside} does not exist; "
                "name a Locust file that lies beside the scenario."
            )
        return beside


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # longer than a name may be, or in a folder that nobody may look into
        return False
