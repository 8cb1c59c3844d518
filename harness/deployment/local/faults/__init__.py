"""Harm done on purpose to a local deployment: a file a noun, and nothing outside the lab is touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.deployment.abilities import Injection
from harness.deployment.haproxy_socket import HaproxyBalancer
from harness.deployment.local.database import LocalDatabase
from harness.deployment.local.faults.balancer import NoServer, Resets
from harness.deployment.local.faults.caches import flush_cache
from harness.deployment.local.faults.database import CutDatabase
from harness.deployment.local.faults.freeze import Freeze
from harness.deployment.local.faults.keys import different_keys
from harness.deployment.local.faults.kill import Kill
from harness.deployment.local.faults.rows import alter_row, delete_user
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.node import LocalNode
from harness.deployment.local.processes import Processes
from harness.errors import HarnessError
from harness.scenario.fault import FaultKind, FaultSettings

__all__ = ["LocalFaults"]


class LocalFaults:
    """Makes faults ready; satisfies `protocols.Faults`."""

    def __init__(
        self,
        folder: LabFolder,
        nodes: Sequence[LocalNode],
        balancer: HaproxyBalancer,
        database: LocalDatabase,
        processes: Processes,
    ) -> None:
        self._nodes = {node.name: node for node in nodes}
        every = tuple(self._nodes)
        self._makers: dict[FaultKind, Callable[[FaultSettings], Injection]] = {
            FaultKind.FREEZE_ALL: lambda _: Freeze(processes, every),
            FaultKind.FREEZE_NODE: lambda fault: Freeze(processes, [self._node(fault).name]),
            FaultKind.KILL_NODE: lambda fault: Kill(self._node(fault)),
            FaultKind.BALANCER_503: lambda _: NoServer(balancer, every),
            FaultKind.RESET_CONNECTIONS: lambda _: Resets(balancer, every),
            FaultKind.CUT_DATABASE: lambda _: CutDatabase(database),
            FaultKind.DELETE_USER: lambda _: delete_user(database),
            FaultKind.ALTER_ROW: lambda _: alter_row(database),
            FaultKind.FLUSH_CACHE: lambda _: flush_cache(folder),
            FaultKind.DIFFERENT_KEYS: lambda fault: different_keys(self._node(fault)),
        }

    def prepare(self, fault: FaultSettings) -> Injection:
        """Make a fault ready.

        Raises:
            HarnessError: it is not possible now, or no fault of a deployment.
        """
        maker = self._makers.get(fault.kind)
        if maker is None:
            raise HarnessError(f"{fault.called} is done to the plan, not to a deployment")
        return maker(fault)

    def _node(self, fault: FaultSettings) -> LocalNode:
        return self._nodes[str(fault.node)]
