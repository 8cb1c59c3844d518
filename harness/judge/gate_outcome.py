"""What the gate did to a verdict, for every reader of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """What became of an acceptance in this run."""

    USED = "used"
    UNUSED = "unused"  # nothing was found that it covers
    LAPSED = "lapsed"  # its date has passed, so what it covered counts
    SET_ASIDE = "set aside"  # the run did not complete


@dataclass(frozen=True, slots=True)
class AcceptanceUse:
    """One accepted finding of the gate, and what it covered."""

    question: str
    what: str
    """What it names beside the question: `phase roll, error timeout`."""
    reason: str
    link: str
    until: str
    """A date, `2026-12-31`."""
    standing: Standing
    findings: int
    """Those it covers, or would if it had not lapsed."""


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """One limit of a budget, and how much of it was used."""

    scope: str
    """`availability in phase roll, lane token_issue/*`."""
    measure: str
    """`failed_max`, `outage_s_max` or `stall_s_max`."""
    limit: float
    used: float

    @property
    def kept(self) -> bool:
        """Whether the limit holds."""
        return self.used <= self.limit


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """The gate of one run, applied."""

    accepted: int = 0
    """Findings that count no more because they are accepted, those of advisory questions left out."""
    budgeted: int = 0
    """Likewise, because they are within their budgets."""
    acceptances: tuple[AcceptanceUse, ...] = ()
    budgets: tuple[BudgetUse, ...] = ()
    notes: tuple[str, ...] = ()
    """What whoever keeps the gate has to know, a sentence each: acceptances that lapsed or cover nothing."""
    other: str = ""
    """Says so where this is another gate than the run was made with."""

    @property
    def let_through(self) -> int:
        """Findings that do not count."""
        return self.accepted + self.budgeted
