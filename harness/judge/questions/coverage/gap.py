"""Something that is missing of the evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing."""

    sentence: str
    phase: str | None = None
    lane: str | None = None
    requests: int | None = None
