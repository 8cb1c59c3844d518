"""What a run is carried out with: the real thing, or what a test puts in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.deployment import backends
from harness.deployment.abilities import OldRows
from harness.deployment.backend import Backend, Report
from harness.deployment.proof import prove_node
from harness.deployment.protocols import Node
from harness.evidence.journal import Journal
from harness.keystone.channel import Channel
from harness.keystone.credentials import Credentials
from harness.keystone.endpoint import Endpoint
from harness.load.process import ExitSummary, LoadProcess
from harness.load.seed import seed
from harness.load.spec import Accounts, ChildSpec
from harness.load.users_file import need_users
from harness.procedure.continuity import OldData, seed_old_data
from harness.procedure.continuity.node_api import NodeApi
from harness.releases.catalogue import Release
from harness.releases.migrations import heads
from harness.releases.prepare import prepare
from harness.releases.schema import Heads
from harness.scenario import Scenario


class Child(Protocol):
    """A generator that was started; see `harness.load.process.LoadProcess`."""

    def is_alive(self) -> bool:
        """Whether it runs."""

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative: by that signal; None where it runs, or where that is not known."""

    def wait_ready(self, deadline_s: float) -> None:
        """Return once evidence is being gathered.

        Raises:
            HarnessError: it ended, or is not ready within the deadline.
        """

    def stop(self, deadline_s: float) -> ExitSummary:
        """End it, in order within the deadline; called again, do nothing."""


_SEED_DEADLINE_S = 10.0
"""For one request of the seeding, to a node that has just come up and has nothing else to do."""


def installed_heads(release: Release, home: Path, report: Report) -> Heads:
    """Install a release and read where its migrations end.

    Raises:
        HarnessError: it can not be installed, or its migrations can not be read.
    """
    return heads(prepare(release, home, report=report))


def proven(node: Node, admin: Credentials, release: Release, deadline_s: float) -> tuple[str, int]:
    """Wait until the node serves the release; which one it named, and how many requests that took.

    Raises:
        StepError: it does not, or not in time.
    """
    proof = prove_node(node, admin, release.version, deadline_s)
    return proof.release_seen, proof.requests


def old_data_of(node: Node, admin: Credentials, projects: int, able: OldRows | None) -> OldData:
    """Old data, made at a node by its admin; nobody is disturbed yet, so at no pace."""
    channel = Channel(Endpoint.parse(node.url), _SEED_DEADLINE_S)
    return seed_old_data(NodeApi(node.name, channel, admin), projects, able)


@dataclass(frozen=True, slots=True)
class Means:
    """Everything by which a run reaches what is outside its own process and folder."""

    backend: Callable[[Scenario, Path], Backend] = backends.choose
    need_users: Callable[[Path, int, int], None] = need_users
    heads: Callable[[Release, Path, Report], Heads] = installed_heads
    seed: Callable[[str, Credentials, Scenario, int], Accounts] = seed
    seed_old_data: Callable[[Node, Credentials, int, OldRows | None], OldData] = old_data_of
    launch: Callable[[ChildSpec, Path], Child] = LoadProcess.start
    prove: Callable[[Node, Credentials, Release, float], tuple[str, int]] = proven
    journal: Callable[[Path], Journal] = Journal


REAL = Means()
"""What users have."""
