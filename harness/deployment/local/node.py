"""One Keystone node of the lab: a uWSGI server that can be stopped, switched to a release and started."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.deployment.local.folder import write_private
from harness.deployment.local.keystone import KeystoneConfig, uwsgi_ini, write_host
from harness.deployment.local.ports import LOOPBACK
from harness.deployment.local.processes import Processes, tail
from harness.errors import HarnessError
from harness.releases.catalogue import Release
from harness.releases.prepare import InstalledRelease
from harness.scenario import StopSignal

_TAIL_LINES = 40
"""An exception with what uWSGI says after it."""
_SIGNALS = {StopSignal.TERM: signal.SIGTERM, StopSignal.GRACEFUL: signal.SIGHUP}


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where a node lives."""

    name: str
    port: int
    host: Path
    """Folder of its configuration and keys."""
    keys: Path
    """The key repositories of which it gets a copy."""
    log: Path


class LocalNode:
    """A node; what it runs next is in its folder, so that another process can take it over."""

    def __init__(
        self,
        place: NodePlace,
        config: KeystoneConfig,
        processes: Processes,
        find: Callable[[Release], InstalledRelease],
    ) -> None:
        self._place = place
        self._config = config
        self._processes = processes
        self._find = find

    @property
    def name(self) -> str:
        """Name in the journal, in the balancer and in the header of every answer."""
        return self._place.name

    @property
    def url(self) -> str:
        """Base URL of the node itself, without `/v3`."""
        return f"http://{LOOPBACK}:{self._place.port}"

    @property
    def port(self) -> int:
        """Its port on loopback."""
        return self._place.port

    @property
    def workers(self) -> int:
        """Processes that serve."""
        return self._config.processes

    @property
    def log(self) -> Path:
        """What uWSGI and Keystone print, over all releases."""
        return self._place.log

    def stop(self, signal: StopSignal, deadline_s: float) -> None:
        """End the server and return once it is gone, workers included; one that does not run is stopped.

        TERM and KILL cut what is being answered and what waits in the listen queue; GRACEFUL finishes what is
        being answered. Connections that uWSGI has not accepted by then are cut by all three.

        Raises:
            WaitTimeoutError: it is still there after `deadline_s`.
        """
        if signal is StopSignal.KILL:
            self._processes.kill([self.name])
            return
        self._processes.stop(self.name, _SIGNALS[signal], deadline_s)

    def switch(self, release: Release) -> None:
        """Make `release`, with its configuration, the one that the next start runs.

        Raises:
            HarnessError: the node still runs, or the release cannot be installed.
            UsageError: this machine cannot run the release.
        """
        if self.is_running():
            raise HarnessError(f"{self.name} still runs; stop it before it is switched to {release}")
        self._write(self._find(release))

    @property
    def fernet_keys(self) -> Path:
        """Its own copy of the Fernet keys; the next `switch` writes it anew."""
        return self._place.host / "fernet-keys"

    def start(self) -> None:
        """Start the server and return at once; whether it serves is for the caller to prove.

        Raises:
            HarnessError: it runs already, or it could not be started.
        """
        if self.is_running():
            raise HarnessError(f"{self.name} runs already; stop it before it is started again")
        uwsgi = (self._place.host / "program").read_text(encoding="utf-8")
        self._processes.start(
            self.name,
            [uwsgi, "--ini", str(self._ini)],
            log=self._place.log,
            cwd=self._place.host,
            env={"OS_KEYSTONE_CONFIG_FILES": str(self._place.host / "keystone.conf")},
        )

    def is_running(self) -> bool:
        """Whether its process, or a worker of it, is alive."""
        return self._processes.is_running(self.name)

    def log_tail(self) -> str:
        """The last lines of its log, for an error message."""
        return tail(self._place.log, _TAIL_LINES)

    @property
    def _ini(self) -> Path:
        return self._place.host / "uwsgi.ini"

    def _write(self, installed: InstalledRelease) -> None:
        """Write everything anew: nothing of the release before stays behind."""
        place = self._place
        write_host(place.host, self._config, place.keys)
        write_private(self._ini, uwsgi_ini(installed, self.name, place.port, self._config))
        write_private(place.host / "program", str(installed.uwsgi))
