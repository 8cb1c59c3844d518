"""Which users a load has: the digest of their Locust file."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from harness.scenario.scenario import Scenario


def users_sha256(scenario: Scenario, scenario_file: Path) -> str | None:
    """Hexadecimal; None where the file can not be read, which others refuse.

    What the file is called does not tell: another one may be called so elsewhere, or tomorrow.
    """
    try:
        return sha256((scenario_file.parent / scenario.load.users_file).read_bytes()).hexdigest()
    except OSError:
        return None
