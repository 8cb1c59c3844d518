"""A running local deployment, as the procedure sees it; rebuilt from its folder by whoever needs it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from harness.deployment.abilities import Abilities
from harness.deployment.haproxy_socket import HaproxyBalancer
from harness.deployment.local import haproxy, keystone, reference, upgrade_host
from harness.deployment.local.database import LocalDatabase
from harness.deployment.local.faults import Front, LocalFaults
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.node import LocalNode, NodePlace
from harness.deployment.local.old_rows import LocalOldRows
from harness.deployment.local.passwords import Passwords
from harness.deployment.local.ports import LOOPBACK
from harness.deployment.local.processes import Fallen, Processes
from harness.deployment.local.record import LabRecord
from harness.deployment.local.seed import program_version
from harness.deployment.local.upgrade_host import LocalUpgradeHost
from harness.deployment.local.workers import KilledWorkers
from harness.deployment.protocols import Death
from harness.keystone.credentials import Credentials
from harness.releases.catalogue import Release
from harness.releases.prepare import InstalledRelease

ADMIN = "admin"
_DOWN_S_MAX = 15.0
"""For all servers together to end by themselves before they are killed; MariaDB takes about one second."""


class LocalDeployment:
    """MariaDB, memcached, HAProxy and Keystone nodes in one folder; satisfies `protocols.Deployment`."""

    def __init__(
        self,
        folder: LabFolder,
        record: LabRecord,
        passwords: Passwords,
        find: Callable[[Release], InstalledRelease],
    ) -> None:
        self.folder = folder
        self.record = record
        self.processes = Processes(folder)
        self.passwords = passwords
        self._find = find
        self._deaths: list[Death] = []
        self._fallen_told = 0
        self.config = keystone.KeystoneConfig.of(folder, record, passwords)

    @property
    def id(self) -> str:
        """The lab's short name."""
        return self.folder.id

    @property
    def url(self) -> str:
        """Base URL of the balancer, without `/v3`."""
        return f"http://{LOOPBACK}:{self.record.port}"

    @property
    def abilities(self) -> Abilities:
        """All of them, but in labs of older harnesses, which have no known-good target."""
        port = reference.port(self.folder)
        return Abilities(
            faults=self.faults,
            backup=self.database,
            trust=self.database,
            drain=self.balancer,
            reference_url=f"http://{LOOPBACK}:{port}" if port else None,
            activity=self.database,
            counters=self.balancer,
            rows=self.rows,
        )

    @property
    def logs(self) -> Path:
        """Where every server logs to."""
        return Path(self.record.logs)

    @property
    def keys(self) -> Path:
        """The key repositories of which every host has a copy."""
        return self.folder.path / "keys"

    @property
    def admin(self) -> Credentials:
        """The account that `keystone-manage bootstrap` made."""
        return Credentials(ADMIN, self.passwords.admin, "Default", ADMIN, "Default")

    @cached_property
    def nodes(self) -> tuple[LocalNode, ...]:
        """In the order in which they are rolled."""
        return tuple(
            LocalNode(
                NodePlace(
                    name=node.name,
                    port=node.port,
                    host=self.folder.host(node.name),
                    keys=self.keys,
                    log=self.logs / f"{node.name}.log",
                ),
                self.config,
                self.processes,
                self._find,
            )
            for node in self.record.nodes
        )

    @cached_property
    def balancer(self) -> HaproxyBalancer:
        """The load balancer."""
        return HaproxyBalancer(self.folder.balancer_socket, haproxy.BACKEND)

    @cached_property
    def database(self) -> LocalDatabase:
        """The database server."""
        return LocalDatabase(self.folder, self.passwords, self.processes, self.logs)

    @cached_property
    def rows(self) -> LocalOldRows:
        """What earlier releases could have left in it."""
        return LocalOldRows(self.database)

    @cached_property
    def upgrade_host(self) -> LocalUpgradeHost:
        """Where `keystone-manage` runs."""
        return LocalUpgradeHost(self.folder.host(upgrade_host.NAME), self.processes, self._find)

    @cached_property
    def faults(self) -> LocalFaults:
        """What a control does to it."""
        front = Front(self.url, self.admin)
        return LocalFaults(self.folder, self.nodes, self.balancer, self.database, self.processes, front)

    @cached_property
    def software(self) -> Mapping[str, str]:
        """Versions of the server programs, for `run.json`."""
        return {name: program_version(name) for name in ("mariadbd", "haproxy", "memcached")}

    def deaths(self) -> list[Death]:
        """Its servers, and workers of nodes, that have ended though nobody of this process ended them."""
        fallen = self.processes.fallen()
        self._deaths += [_death(each) for each in fallen[self._fallen_told :]]
        self._fallen_told = len(fallen)
        for node in self.nodes:
            self._deaths += self._killed_workers(node)
        return list(self._deaths)

    def _killed_workers(self, node: LocalNode) -> list[Death]:
        """Those that were killed from outside; any other way a worker ends is Keystone's own."""
        signals = list(self._workers[node.name].since())
        if not self.processes.is_to_run(node.name):
            return []  # ended with it
        return [_worker_death(node.name) for number in signals if number == signal.SIGKILL]

    @cached_property
    def _workers(self) -> Mapping[str, KilledWorkers]:
        return {node.name: KilledWorkers(node.log) for node in self.nodes}

    def down(self) -> list[str]:
        """End every process of the lab, and no other, and remove its folder; returns the servers that ran.

        Logs stay, where they are outside the folder. A lab that is down already is left as it is.

        Raises:
            WaitTimeoutError: a process survived SIGKILL; the folder stays.
        """
        return take_down(self.folder)


def _death(fallen: Fallen) -> Death:
    """How it ended, from what the kernel said; that is lost where somebody else took it down first."""
    status = fallen.wait_status
    if status is None:
        return Death(fallen.name)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        known = {each.value: each.name for each in signal.Signals}
        return Death(fallen.name, signal=known.get(number, f"signal {number}"))
    return Death(fallen.name, exit_code=os.waitstatus_to_exitcode(status))


def _worker_death(node: str) -> Death:
    return Death(node, signal=signal.SIGKILL.name, is_worker=True)


def take_down(folder: LabFolder) -> list[str]:
    """End what the records in a lab's folder name, then remove the folder; returns the servers that ran.

    Raises:
        WaitTimeoutError: a process survived SIGKILL; the folder stays.
    """
    processes = Processes(folder)
    processes.seal()
    running = sorted({server.name for server in processes.found() if processes.members(server)})
    processes.end(running, _DOWN_S_MAX)
    shutil.rmtree(folder.path, ignore_errors=True)
    return running
