"""What a control must come out as; read by the controls' runner, never by the judge."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from harness.scenario.pattern import Pattern
from harness.scenario.section import Section


class Measure(StrEnum):
    """How the length that was found is read from findings that overlap the injection."""

    STALL = "stall"  # the longest one, less the lane's usual latency: a success is never due at once
    OUTAGE = "outage"  # the longest one
    SPAN = "span"  # from the first one's start to the last one's end: only some of the requests were hit
    NONE = "none"  # an instant has no length


class ExpectedFinding(Section):
    """A finding that must be in the verdict."""

    question: Literal["procedure", "coverage", "availability", "integrity", "continuity", "impact"]
    fault: str | None = None
    """Name of the fault whose doing it is: it must overlap the injection in time."""
    reason: Annotated[Pattern, Field(max_length=500)] = ""
    """What its sentence must contain; `*` stands for anything."""
    phase: str | None = None
    step: str | None = None
    node: str | None = None
    error: str | None = None
    """Error class that must be named, alone or among others."""
    measure: Measure = Measure.NONE
    shorter_by_s: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    """How much shorter than the injection it must be found: a request that waits for less than its deadline
    has not failed."""
    tolerance_intervals: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    """Probe intervals, of the lane with the widest, by which the found length may be off."""


class Expectation(Section):
    """The section `[expect]`: the verdict, and what must be found."""

    verdict: Literal["PASS", "INCONCLUSIVE", "FAIL"]
    """Where it is INCONCLUSIVE, so are the findings."""
    findings: Annotated[tuple[ExpectedFinding, ...], Field(max_length=500)] = ()
