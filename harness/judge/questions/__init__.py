"""The questions of a verdict: a module each, from evidence to an answer."""

from __future__ import annotations

from collections.abc import Callable

from harness.judge.case import BrokenMeasure, Case
from harness.judge.model import Question
from harness.judge.questions import (
    availability,
    continuity,
    coverage,
    impact,
    integrity,
    procedure,
    regression,
)

PROCEDURE, COVERAGE, AVAILABILITY = procedure.NAME, coverage.NAME, availability.NAME
INTEGRITY, CONTINUITY, IMPACT = integrity.NAME, continuity.NAME, impact.NAME

QUESTIONS: dict[str, Callable[[Case], Question]] = {
    PROCEDURE: procedure.judge,
    COVERAGE: coverage.judge,
    AVAILABILITY: availability.judge,
    INTEGRITY: integrity.judge,
    CONTINUITY: continuity.judge,
    IMPACT: impact.judge,
    regression.NAME: regression.judge,
}
"""Asked in this order; names as in `verdict.json`."""

ASKED: dict[str, Callable[[Case], bool]] = {
    INTEGRITY: integrity.asked,
    CONTINUITY: continuity.asked,
    IMPACT: impact.asked,
    regression.NAME: regression.asked,
}
"""Whether a run's scenario asks a question; those not named here are always asked."""


def asked(case: Case) -> tuple[str, ...]:
    """Names of the questions that this run is asked, in order; one of which that can not be told is asked."""
    return tuple(name for name in QUESTIONS if _is_asked(name, case))


def _is_asked(name: str, case: Case) -> bool:
    try:
        return name not in ASKED or ASKED[name](case)
    except BrokenMeasure:
        return True


__all__ = [
    "ASKED",
    "AVAILABILITY",
    "CONTINUITY",
    "COVERAGE",
    "IMPACT",
    "INTEGRITY",
    "PROCEDURE",
    "QUESTIONS",
    "asked",
]
