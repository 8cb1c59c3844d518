"""What the steps of one upgrade act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.deployment.protocols import Deployment, Node
from harness.evidence.clock import Clock
from harness.evidence.jsonl import JsonLinesWriter
from harness.evidence.ledger import Stage as LedgerStage
from harness.procedure.continuity import Continuity
from harness.procedure.stage import Stage
from harness.releases.catalogue import Release
from harness.releases.migrations import Heads
from harness.scenario import Scenario


class Generator(Protocol):
    """The processes that send requests."""

    def check_alive(self) -> None:
        """Look after them.

        Raises:
            HarnessError: one has ended; says which and where its log is.
        """


@dataclass(frozen=True, slots=True)
class Schema:
    """Rows that the version tables must hold after each change, read from both releases' own scripts."""

    from_: Heads
    to: Heads

    @property
    def before(self) -> dict[str, list[str]]:
        """Before anything: the old release, complete."""
        return _rows(self.from_.expand, self.from_.contract)

    @property
    def expanded(self) -> dict[str, list[str]]:
        """After expand: the new release's expand branch, the old one's contract branch."""
        return _rows(self.to.expand, self.from_.contract)

    @property
    def contracted(self) -> dict[str, list[str]]:
        """After contract: the new release, complete."""
        return _rows(self.to.expand, self.to.contract)


def _rows(*revisions: str) -> dict[str, list[str]]:
    return {"alembic_version": sorted(revisions)}


@dataclass(slots=True)
class Context:
    """Everything a step may use, and the little that steps tell each other."""

    scenario: Scenario
    from_: Release
    to: Release
    schema: Schema
    deployment: Deployment
    generator: Generator
    stage: Stage
    clock: Clock
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
