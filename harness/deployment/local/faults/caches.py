"""The shared caches emptied, or one of them frozen."""

from __future__ import annotations

from harness.deployment.local import memcached
from harness.deployment.local.faults.freeze import Freeze
from harness.deployment.local.faults.injection import Instant
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.processes import Processes
from harness.errors import HarnessError


def flush_cache(folder: LabFolder) -> Instant:
    """Every memcached of the lab forgets everything, tokens included."""

    def act() -> None:
        for number in range(1, memcached.COUNT + 1):
            try:
                memcached.flush(folder, number)
            except OSError as error:
                raise HarnessError(
                    f"{memcached.server_name(number)} could not be flushed: {error}"
                ) from error

    return Instant(act, {"caches": memcached.COUNT})


def freeze_cache(processes: Processes) -> Freeze:
    """One memcached of the lab answers nobody for a time, and keeps its connections open.

    Raises:
        HarnessError: it does not run.
    """
    return Freeze(processes, [memcached.server_name(1)])
