"""What became of one command of the procedure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of one command of the procedure."""

    argv: tuple[str, ...]
    """Program name and arguments, without secrets and without the folder of the program."""
    exit_code: int
    duration_s: float
    log: Path
    """Everything it printed, and what it logged."""
