"""One lab for all tests that look at it, or leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deployment.local.deployment import LocalDeployment
from harness.deployment.local.lab import lab, status
from harness.deployment.local.settings import LocalSettings
from harness.releases.catalogue import load_catalogue
from harness.releases.prepare import default_home
from harness.scenario import BalancerSettings, DeploymentSettings
from tests.short_folder import short_folder

OLD, NEW = load_catalogue().find("27.1.0"), load_catalogue().find("29.1.0")
SETTINGS = LocalSettings(DeploymentSettings(nodes=2), BalancerSettings(check_interval_s=0.5))


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A home of its own, so that no lab of anybody else is in it; releases and seeds are shared."""
    with short_folder() as path:
        for shared in ("releases", "cache"):
            (default_home() / shared).mkdir(parents=True, exist_ok=True)
            (path / shared).symlink_to(default_home() / shared)
        yield path
        assert status(path) == []


@pytest.fixture(scope="session")
def deployment(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    """On the old release; the last tests of test_lab.py upgrade a node, then stop both."""
    logs = tmp_path_factory.mktemp("logs")
    with lab(SETTINGS, release=OLD, to=NEW, home=home, logs=logs, report=print) as running:
        yield running
