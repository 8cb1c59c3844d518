"""The questions of a verdict: a module each, from evidence to an answer."""

from __future__ import annotations

from collections.abc import Callable

from harness.judge.evidence import Evidence
from harness.judge.model import Question
from harness.judge.questions import availability, coverage, procedure

PROCEDURE, COVERAGE, AVAILABILITY = procedure.NAME, coverage.NAME, availability.NAME

QUESTIONS: dict[str, Callable[[Evidence], Question]] = {
    PROCEDURE: procedure.judge,
    COVERAGE: coverage.judge,
    AVAILABILITY: availability.judge,
}
"""Asked in this order; names as in `verdict.json`."""

__all__ = ["AVAILABILITY", "COVERAGE", "PROCEDURE", "QUESTIONS"]
