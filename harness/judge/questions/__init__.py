"""The questions of a verdict: a module each, from evidence to an answer."""

from __future__ import annotations

from collections.abc import Callable

from harness.judge.evidence import Evidence
from harness.judge.model import Question
from harness.judge.questions import availability, coverage, integrity, procedure

PROCEDURE, COVERAGE, AVAILABILITY = procedure.NAME, coverage.NAME, availability.NAME
INTEGRITY = integrity.NAME

QUESTIONS: dict[str, Callable[[Evidence], Question]] = {
    PROCEDURE: procedure.judge,
    COVERAGE: coverage.judge,
    AVAILABILITY: availability.judge,
    INTEGRITY: integrity.judge,
}
"""Asked in this order; names as in `verdict.json`."""

ASKED_IF: dict[str, Callable[[Evidence], bool]] = {INTEGRITY: integrity.asked}
"""Questions that a scenario may switch off, and how to tell; one that is off is not in the verdict at all."""

__all__ = ["ASKED_IF", "AVAILABILITY", "COVERAGE", "INTEGRITY", "PROCEDURE", "QUESTIONS"]
