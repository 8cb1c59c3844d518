"""A run in a process of its own: its status, its words, and its end where it takes too long."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from harness.campaign.one_run import harness_run

pytestmark = pytest.mark.process


def test_a_run_that_is_refused_gives_its_status_and_its_words_are_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "run.log"

    assert harness_run(["no-such-scenario"], log, 60.0) == 2
    assert "harness: no-such-scenario: there is no such scenario" in log.read_text()


def test_a_run_over_its_limit_is_ended_and_has_no_status(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    before = {child.pid for child in psutil.Process().children()}

    # It has not even imported what it needs by then.
    assert harness_run(["no-such-scenario"], log, 0.01) is None
    assert {child.pid for child in psutil.Process().children()} == before
