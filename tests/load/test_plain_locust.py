"""The scenario's users work with the stock `locust` command too, and refuse a bad start in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.keystone_double import FakeKeystone, Reply, answer

pytestmark = pytest.mark.process

IDENTITY = Path(__file__).parents[2] / "scenarios" / "identity.py"
ADMIN = {"OS_USERNAME": "admin", "OS_PASSWORD": "secret-of-admin", "OS_PROJECT_NAME": "p"}


def locust(host: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    command = [sys.executable, "-m", "locust", "-f", str(IDENTITY), "--host", host, "--headless"]
    command += ["--users", "4", "--spawn-rate", "4", "--run-time", "3s", "--csv", str(folder / "stats")]
    return subprocess.run(
        command, env={**inherited, **variables}, capture_output=True, text=True, timeout=120, cwd=folder
    )


def test_every_user_class_runs_under_stock_locust(tmp_path: Path, server: FakeKeystone) -> None:
    done = locust(server.url, tmp_path, HARNESS_PACE_S="0.05", **ADMIN)
    assert done.returncode == 0, done.stderr
    stats = (tmp_path / "stats_stats.csv").read_text()
    assert "load/token_validate/reused" in stats
    assert "client/token_validate/reused" in stats
    assert (tmp_path / "stats_failures.csv").read_text().count("\n") <= 1
    assert server.count("POST /v3/users") > 0


def test_failures_stand_in_locusts_own_report(tmp_path: Path, server: FakeKeystone) -> None:
    server.behave("GET /v3/projects", answer(Reply(503)))
    done = locust(server.url, tmp_path, HARNESS_PACE_S="0.05", **ADMIN)
    assert done.returncode == 1
    assert "load/project_list/reused" in (tmp_path / "stats_failures.csv").read_text()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "environment: OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME not set; export an admin account's"),
        ({**ADMIN, "HARNESS_PACE_S": "soon"}, "HARNESS_PACE_S=soon: expected seconds, more than 0"),
        ({**ADMIN, "OS_PASSWORD": "wrong"}, "admin could not log in"),
    ],
)
def test_a_start_that_cannot_work_is_refused_in_one_sentence(
    tmp_path: Path, server: FakeKeystone, variables: dict[str, str], sentence: str
) -> None:
    done = locust(server.url, tmp_path, **variables)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_load_for_another_machine_is_refused(tmp_path: Path) -> None:
    done = locust("http://192.0.2.1:5000", tmp_path, **ADMIN)
    assert done.returncode == 2
    assert "--host http://192.0.2.1:5000: expected http://127.0.0.1:<port>" in done.stderr
