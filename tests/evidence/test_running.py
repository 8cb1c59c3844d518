"""Whether a run still goes on: told from its manifest and the processes of this host."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.evidence.manifest import Manifest, is_running

BOOT = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@pytest.fixture
def other() -> Iterator[psutil.Process]:
    """Another process, which waits until its input ends."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield psutil.Process(process.pid)
        process.kill()


def manifest(owner: dict[str, Any] | None, outcome: str | None = None) -> Manifest:
    return Manifest.model_validate(
        {
            "format": 1,
            "scenario": {},
            "from": {"series": "2025.1", "version": "27.1.0"},
            "to": {"series": "2026.1", "version": "29.1.0"},
            "nodes": ["node1"],
            "clock": {"wall_ns": 1, "mono_ns": 1},
            "started": datetime(2026, 1, 1, tzinfo=UTC),
            "ended": None,
            "outcome": outcome,
            "host": {},
            "seed": 1,
            "owner": owner,
        }
    )


def owned(process: psutil.Process, **changes: Any) -> dict[str, Any]:
    return {"pid": process.pid, "created": process.create_time(), "boot_id": BOOT, **changes}


def test_a_run_whose_harness_lives_goes_on(other: psutil.Process) -> None:
    assert is_running(manifest(owned(other)))


def test_a_run_with_an_outcome_has_ended_whoever_lives(other: psutil.Process) -> None:
    assert not is_running(manifest(owned(other), "aborted"))


def test_a_run_whose_harness_is_gone_has_ended(other: psutil.Process) -> None:
    owner = owned(other)
    other.kill()
    other.wait()

    assert not is_running(manifest(owner))


def test_a_pid_that_another_process_has_now_or_another_boot_is_not_the_harness(other: psutil.Process) -> None:
    assert not is_running(manifest(owned(other, created=other.create_time() - 60)))
    assert not is_running(manifest(owned(other, boot_id="another")))


def test_a_run_that_names_no_owner_is_not_known_to_go_on() -> None:
    assert not is_running(manifest(None))


def test_the_harness_that_made_a_run_may_judge_it_before_its_outcome_is_written() -> None:
    assert not is_running(manifest(owned(psutil.Process())))
