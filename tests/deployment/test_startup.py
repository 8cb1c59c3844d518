"""A server that does not start says why, in its own last words."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from harness.deployment.local import startup
from harness.deployment.local.deployment import LocalDeployment
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.processes import Processes
from harness.errors import HarnessError
from tests.deployment.test_processes import folder, processes

__all__ = ["folder", "processes"]


def test_a_cache_that_ended_is_told_at_once_with_the_end_of_its_log(
    processes: Processes, folder: LabFolder, tmp_path: Path
) -> None:
    """As memcached does where too few files may be open; before, ten seconds were waited for its socket."""
    log = tmp_path / "memcached-1.log"
    says = ["/bin/sh", "-c", "echo failed to set rlimit for open files; exit 71"]
    processes.start("memcached-1", says, log=log, cwd=folder.path)
    lab = SimpleNamespace(id="abc123", folder=folder, logs=tmp_path, processes=processes)

    with pytest.raises(HarnessError) as error:
        startup._wait_caches(cast("LocalDeployment", lab))
    assert str(error.value) == (
        f"memcached-1 of lab abc123 ended by itself; the end of {log}:\nfailed to set rlimit for open files"
    )
