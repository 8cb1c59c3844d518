"""Harm done on purpose to a local deployment: a file a noun, and nothing outside the lab is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.deployment.abilities import Injection
from harness.deployment.haproxy_socket import HaproxyBalancer
from harness.deployment.local.database import LocalDatabase
from harness.deployment.local.faults.balancer import NoServer, Resets, forget_maintenance
from harness.deployment.local.faults.caches import flush_cache, freeze_cache
from harness.deployment.local.faults.database import CutDatabase
from harness.deployment.local.faults.down import kill, stop
from harness.deployment.local.faults.freeze import Freeze
from harness.deployment.local.faults.held_locks import open_transaction, read_lock
from harness.deployment.local.faults.keys import different_keys
from harness.deployment.local.faults.rows import alter_row, delete_user, spoil_hash
from harness.deployment.local.faults.stranger import Stranger
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.node import LocalNode
from harness.deployment.local.processes import Processes
from harness.errors import HarnessError
from harness.keystone.channel import Channel
from harness.keystone.credentials import Credentials
from harness.keystone.endpoint import Endpoint
from harness.scenario.fault import FaultKind, FaultSettings

__all__ = ["MAKERS", "Front", "LocalFaults"]


_ANSWER_S_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Front:
    """Where clients ask, and who may do anything there."""

    url: str
    admin: Credentials

    def channel(self) -> Channel:
        """One through the balancer, as a client has it."""
        return Channel(Endpoint.parse(self.url), _ANSWER_S_MAX)


class LocalFaults:
    """Makes faults ready; satisfies `abilities.Faults`."""

    def __init__(
        self,
        folder: LabFolder,
        nodes: Sequence[LocalNode],
        balancer: HaproxyBalancer,
        database: LocalDatabase,
        processes: Processes,
        front: Front,
    ) -> None:
        self.folder = folder
        self.nodes = {node.name: node for node in nodes}
        self.balancer = balancer
        self.database = database
        self.processes = processes
        self.front = front

    def prepare(self, fault: FaultSettings) -> Injection:
        """Make a fault ready.

        Raises:
            HarnessError: it is not possible now, or no fault of a deployment.
        """
        maker = MAKERS.get(fault.kind)
        if maker is None:
            raise HarnessError(f"{fault.called} is done to the plan, not to a deployment")
        return maker(self, fault)

    def node(self, fault: FaultSettings) -> LocalNode:
        """The node that the fault is done to."""
        return self.nodes[str(fault.node)]


MAKERS: Mapping[FaultKind, Callable[[LocalFaults, FaultSettings], Injection]] = {
    FaultKind.FREEZE_ALL: lambda lab, _: Freeze(lab.processes, tuple(lab.nodes)),
    FaultKind.FREEZE_NODE: lambda lab, fault: Freeze(lab.processes, [lab.node(fault).name]),
    FaultKind.KILL_NODE: lambda lab, fault: kill(lab.node(fault), lab.processes),
    FaultKind.STOP_NODE: lambda lab, fault: stop(lab.node(fault), lab.processes),
    FaultKind.BALANCER_503: lambda lab, _: NoServer(lab.balancer, tuple(lab.nodes)),
    FaultKind.RESET_CONNECTIONS: lambda lab, _: Resets(lab.balancer, tuple(lab.nodes)),
    FaultKind.FORGET_MAINTENANCE: lambda lab, fault: forget_maintenance(lab.balancer, lab.node(fault).name),
    FaultKind.CUT_DATABASE: lambda lab, _: CutDatabase(lab.database),
    FaultKind.READ_LOCK: lambda lab, _: read_lock(lab.database),
    FaultKind.OPEN_TRANSACTION: lambda lab, _: open_transaction(lab.database),
    FaultKind.DELETE_USER: lambda lab, _: delete_user(lab.database),
    FaultKind.ALTER_ROW: lambda lab, _: alter_row(lab.database),
    FaultKind.SPOIL_HASH: lambda lab, _: spoil_hash(lab.database),
    FaultKind.STRANGER_HURT: lambda lab, _: Stranger(lab.front.channel(), lab.front.admin, lab.database),
    FaultKind.FLUSH_CACHE: lambda lab, _: flush_cache(lab.folder),
    FaultKind.FREEZE_CACHE: lambda lab, _: freeze_cache(lab.processes),
    FaultKind.DIFFERENT_KEYS: lambda lab, fault: different_keys(lab.node(fault)),
}
"""The one place where a kind of fault gets what does it; those of the plan have theirs in the procedure."""
