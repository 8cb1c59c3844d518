"""The manifest of a run under way: written as it begins, whenever more is known, and as it ends."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import psutil

from harness import __version__
from harness.deployment.protocols import Deployment
from harness.evidence.clock import Clock
from harness.evidence.manifest import ClockReading, Manifest, Owner, ReleaseName, write_manifest
from harness.evidence.names import RunOutcome
from harness.evidence.seal import SealedFile
from harness.releases.catalogue import Release
from harness.run.order import Order
from harness.scenario.users_digest import users_sha256

_SOFTWARE = ("locust", "gevent", "geventhttpclient", "keystoneauth1", "python-keystoneclient", "pymysql")


class RunManifest:
    """`run.json`, as far as it is known."""

    def __init__(self, path: Path, order: Order, from_: Release, to: Release, clock: Clock) -> None:
        """Write what is known before anything is started.

        Raises:
            OSError: the file can not be written; so does whatever writes it again.
        """
        self._path = path
        self._manifest = _manifest(order, from_, to, clock)
        write_manifest(path, self._manifest)

    def deployed(self, deployment: Deployment) -> None:
        """Add what the deployment is and can."""
        software = {**self._manifest.host["software"], **deployment.software}
        host = {**self._manifest.host, "software": dict(sorted(software.items()))}
        self._write(
            {
                "host": host,
                "nodes": tuple(node.name for node in deployment.nodes),
                "abilities": tuple(sorted(deployment.abilities.names)),
            }
        )

    def ended(self, outcome: RunOutcome, files: Mapping[str, SealedFile] | None) -> None:
        """Add how and when it ended, and what its evidence held then; None where that is not known."""
        self._write({"outcome": outcome, "ended": datetime.now(UTC)}, files)

    def _write(self, more: Mapping[str, object], files: Mapping[str, SealedFile] | None = None) -> None:
        self._manifest = self._manifest.model_copy(update=more)
        write_manifest(self._path, self._manifest, files)


def _manifest(order: Order, from_: Release, to: Release, clock: Clock) -> Manifest:
    versions = {name: metadata.version(name) for name in _SOFTWARE}
    software = {"harness": __version__, "python": platform.python_version(), **versions}
    return Manifest.model_validate(
        {
            "format": 1,
            "scenario": order.scenario.resolved(),
            "from": ReleaseName(series=from_.series, version=from_.version),
            "to": ReleaseName(series=to.series, version=to.version),
            "nodes": [],
            "clock": ClockReading(wall_ns=clock.wall_ns, mono_ns=clock.mono_ns),
            "started": clock.utc(clock.mono_ns),
            "ended": None,
            "outcome": None,
            "host": {
                "cores": os.cpu_count(),
                "memory_bytes": psutil.virtual_memory().total,
                "kernel": platform.release(),
                "software": software,
            },
            "seed": order.scenario.seed,
            "users_sha256": users_sha256(order.scenario, order.scenario_file),
            "owner": _owner(),
            "command": order.command,
        }
    )


def _owner() -> Owner:
    boot = Path("/proc/sys/kernel/random/boot_id")
    return Owner(
        pid=os.getpid(),
        created=psutil.Process().create_time(),
        boot_id=boot.read_text(encoding="ascii").strip() if boot.exists() else "",
    )
