"""How long a lab takes from nothing to answering, and how long to be gone."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.measurement import Measurement
from harness.deployment.local import lab
from harness.deployment.local.record import Owner
from harness.deployment.local.settings import LocalSettings
from harness.releases.catalogue import load_catalogue
from harness.releases.prepare import default_home

_UP_S_GOAL = 30.0
"""On two cores, from prepared releases."""


def measure(quick: bool) -> list[Measurement]:
    """Bring the default lab (three nodes) up and down; medians of three rounds, one if `quick`.

    The first round may have to make the database that the others copy, so it is not counted.
    """
    rounds = [_round() for _ in range(2 if quick else 4)][1:]
    up_s = statistics.median(up for up, _ in rounds)
    down_s = statistics.median(down for _, down in rounds)
    return [
        Measurement("lab", "3 nodes, database copied", "up_s_p50", round(up_s, 1), _UP_S_GOAL),
        Measurement("lab", "3 nodes, database copied", "down_s_p50", round(down_s, 1)),
    ]


def _round() -> tuple[float, float]:
    release = load_catalogue().find("2025.1")
    with tempfile.TemporaryDirectory(prefix="bench-lab-") as logs:
        began_s = time.monotonic()
        deployment = lab.up(
            LocalSettings(),
            release=release,
            to=None,
            home=default_home(),
            logs=Path(logs),
            owner=Owner.PROCESS,
            report=lambda _: None,
        )
        up_s = time.monotonic()
        deployment.down()
        return up_s - began_s, time.monotonic() - up_s
