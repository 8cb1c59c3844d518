"""The whole matrix between two real Keystone nodes, one on each release."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deployment.local.lab import lab
from harness.deployment.local.settings import LocalSettings
from harness.deployment.proof import prove_node
from harness.evidence.continuity import PAIR_CHECKS, CellOutcome, read_cells
from harness.evidence.names import Phase
from harness.procedure.continuity import Continuity
from harness.releases.catalogue import load_catalogue
from harness.releases.prepare import default_home
from harness.scenario import BalancerSettings, DeploymentSettings, StopSignal

pytestmark = pytest.mark.lab

OLD, NEW = load_catalogue().find("27.1.0"), load_catalogue().find("29.1.0")
SETTINGS = LocalSettings(DeploymentSettings(nodes=2), BalancerSettings(check_interval_s=0.5))


@pytest.fixture
def home() -> Iterator[Path]:
    """A home of its own, so that no lab of anybody else is in it; releases and seeds are shared."""
    path = Path(tempfile.mkdtemp(prefix="continuity-"))
    for shared in ("releases", "cache"):
        (default_home() / shared).mkdir(parents=True, exist_ok=True)
        (path / shared).symlink_to(default_home() / shared)
    yield path
    shutil.rmtree(path)


def test_two_real_releases_over_one_database_honour_each_other(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "continuity.jsonl"
    with lab(SETTINGS, release=OLD, to=NEW, home=home, logs=tmp_path / "logs", report=print) as deployment:
        checks = Continuity(deployment.nodes, deployment.admin, 10.0, file)
        assert checks.make_cohort() == {"made": 4, "objections": []}
        log = tmp_path / "logs" / "expand.log"
        assert deployment.upgrade_host.manage(NEW, ("db_sync", "--expand"), log, 120).exit_code == 0
        node = deployment.nodes[0]
        node.stop(StopSignal.TERM, 30)
        node.switch(NEW)
        node.start()
        prove_node(node, deployment.admin, NEW.version, 120)
        checks.check_mixed(Phase.ROLL, node.name)
        checks.check_cohort(Phase.ROLL)
        checks.close()

    cells = read_cells(file).cells
    assert [cell for cell in cells if cell.outcome != CellOutcome.OK] == []
    for made, checked in ((OLD, NEW), (NEW, OLD)):
        seen = {
            c.check
            for c in cells
            if (c.made_at.release, c.checked_at.release) == (made.version, checked.version)
        }
        assert seen >= set(PAIR_CHECKS)
    assert b"gAAAA" not in file.read_bytes()
