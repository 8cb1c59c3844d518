"""Asks a question, whatever breaks."""

from __future__ import annotations

from collections.abc import Callable

from harness.judge.case import BrokenMeasure, Case
from harness.judge.model import Finding, Question, Verdict

_OF_THE_HARNESS = "this is a fault of the harness, so please report it with the run directory"


def ask(name: str, question: Callable[[Case], Question], case: Case) -> Question:
    """Ask one question; one that breaks is INCONCLUSIVE, never PASS, and hides no other answer."""
    try:
        return question(case)
    except BrokenMeasure as broken:
        why = str(broken)
    except Exception as error:  # noqa: BLE001 - whatever breaks, the other questions have answers
        why = f"its check broke with {type(error).__name__}"
    return Question(name, Verdict.INCONCLUSIVE, (fault(f"The question could not be answered: {why}"),))


def fault(what: str) -> Finding:
    """A finding about a fault of the harness itself, which nothing accepts.

    Args:
        what: the beginning of its sentence.
    """
    return Finding(f"{what}; {_OF_THE_HARNESS}.", Verdict.INCONCLUSIVE, of_the_harness=True)
