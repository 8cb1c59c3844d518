"""What the steps of one upgrade act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.deployment.protocols import Deployment, Node
from harness.errors import HarnessError
from harness.evidence.jsonl import JsonLinesWriter
from harness.evidence.ledger import Stage as LedgerStage
from harness.procedure.continuity import Continuity
from harness.procedure.stage import Stage
from harness.releases.catalogue import Release
from harness.releases.schema import Schema
from harness.scenario import Scenario


class Generator(Protocol):
    """The processes that send requests."""

    def check_alive(self) -> None:
        """Look after them.

        Raises:
            HarnessError: one has ended; says which and where its log is.
        """


class Servers(Protocol):
    """What looks after the deployment's servers."""

    def check_alive(self) -> None:
        """Look after them.

        Raises:
            ServerDiedError: one has ended, which Keystone can not have done.
        """

    def cause(self, error: HarnessError) -> HarnessError:
        """What ended the run: a server that ended by itself, or else the error itself."""


@dataclass(slots=True)
class Context:
    """Everything a step may use, and the little that steps tell each other."""

    scenario: Scenario
    schema: Schema
    deployment: Deployment
    generator: Generator
    servers: Servers
    stage: Stage
    logs: Path
    database_samples: JsonLinesWriter
    prove_node: Callable[[Node, Release, float], tuple[str, int]]
    """Waits until the node itself has answered an authenticated, policy-checked request; returns the release
    it named and how many requests that took."""
    baseline_objection: Callable[[], str | None]
    """Why the requests so far are no ground to upgrade from, in a sentence; None where they are."""
    read_back: Callable[[LedgerStage], Mapping[str, int]]
    """Reads back everything that was written and notes what was found; returns counts for the journal."""
    continuity: Continuity | None = field(default=None)
    """Checks that one release honours what the other made; None where the scenario asks for none."""
    trust_before: bool | None = field(default=None)
    """Value of the trust flag to restore; None while it is unchanged."""

    def node(self, name: str | None) -> Node:
        """The node of that name."""
        return next(node for node in self.deployment.nodes if node.name == name)
