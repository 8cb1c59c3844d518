"""The shared caches emptied."""

from __future__ import annotations

from harness.deployment.local import memcached
from harness.deployment.local.faults.injection import Instant
from harness.deployment.local.folder import LabFolder
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
