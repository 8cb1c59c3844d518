"""Everything that a run directory holds of its writes, read from its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.evidence.jsonl import read_jsonl
from harness.evidence.ledger.read_back_log import noted_read_backs
from harness.evidence.ledger.sightings import ReadBack
from harness.evidence.ledger.write_log import noted_writes
from harness.evidence.ledger.writes import Write


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that a run directory holds of its writes."""

    files: int = 0
    """Generators that kept one."""
    writes: tuple[Write, ...] = ()
    """By the time they were invoked."""
    read_backs: tuple[ReadBack, ...] = ()
    damaged: int = 0
    """Lines that are not whole, other than the last of a file."""


def read_writes(folder: Path) -> Ledger:
    """The writes that generators noted in `folder`, also while they go on; no read-backs.

    Raises:
        OSError: a file cannot be read.
    """
    writes: list[Write] = []
    damaged = 0
    files = sorted(folder.glob("*.jsonl"))
    for path in files:
        lines = read_jsonl(path)
        noted, bad = noted_writes(lines)
        writes += noted
        damaged += bad + lines.malformed
    return Ledger(len(files), tuple(sorted(writes, key=lambda write: write.invoked_ns)), (), damaged)


def read_ledger(folder: Path, ledger: Path) -> Ledger:
    """The writes in `folder` and what `ledger` says was found of them.

    Raises:
        OSError: a file cannot be read.
    """
    noted = read_writes(folder)
    lines = read_jsonl(ledger)
    read_backs, bad = noted_read_backs(lines)
    damaged = noted.damaged + bad + lines.malformed
    return Ledger(noted.files, noted.writes, read_backs, damaged)
