"""`lab.json`: what a lab is and who owns it, for whoever finds its folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness.deployment.local.folder import LabFolder, write_private
from harness.deployment.local.identity import ProcessIdentity, machine, same_boot


class Owner(StrEnum):
    """How long a lab lives."""

    PROCESS = "process"  # as long as the harness that started it
    KEEP = "keep"  # until somebody takes it down


class Standing(StrEnum):
    """What a lab found on the disk is to another harness."""

    LIVE = "live"  # its harness runs
    KEPT = "kept"  # nobody's process, on purpose
    DEAD = "dead"  # its harness is gone, or the machine was started again
    STRANGE = "strange"  # of a container whose processes cannot be seen from here


@dataclass(frozen=True, slots=True)
class NodePort:
    """A node and its port."""

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class LabRecord:
    """A lab as it was started."""

    id: str
    owner: ProcessIdentity | None
    """The harness it belongs to; None: kept until somebody takes it down."""
    machine: str
    """Where and since which start of the machine the pids mean something."""
    started: str
    """UTC, ISO 8601."""
    release: str
    """Version that the nodes started with."""
    port: int
    database_port: int
    nodes: tuple[NodePort, ...]
    threads: int
    password_hash_rounds: int
    logs: str
    processes: int = 1
    """Worker processes of each node."""

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port it listens on."""
        return (self.port, self.database_port, *(node.port for node in self.nodes))

    def standing(self) -> Standing:
        """What this lab is, seen from the process that asks."""
        if not same_boot(self.machine):
            return Standing.DEAD
        if self.machine != machine():
            return Standing.STRANGE
        if self.owner is None:
            return Standing.KEPT
        return Standing.LIVE if self.owner.is_alive() else Standing.DEAD

    def write(self, folder: LabFolder) -> None:
        """Store it in the lab's folder."""
        write_private(folder.record, json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> LabRecord | None:
        """Read it back; None where it is missing or not whole."""
        try:
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            owner = document.pop("owner")
            nodes = tuple(NodePort(**node) for node in document.pop("nodes"))
            # Another version of the harness may have written more than this one knows.
            known = {each.name for each in fields(cls)} & document.keys()
            more = {key: document[key] for key in known}
            return cls(owner=ProcessIdentity(**owner) if owner else None, nodes=nodes, **more)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
