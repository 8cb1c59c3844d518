"""A pattern: text that a sentence must contain, in which `*` stands for anything."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

_OF_AN_EXPRESSION = ("\\", "|", "^", "$", "[", "]", "{", "}", ".*", ".+", ".?", ")*", ")+", ")?", "(?")
"""What no sentence of a finding holds, and what a regular expression is hardly ever without. Patterns were
regular expressions once, and one that is read as text would silently match nothing."""


def occurs(pattern: str, sentence: str) -> bool:
    """Whether the sentence has the parts of the pattern, in their order; capitals count.

    Each part is looked for once, after the one before it, so the time is bounded by the length of both.
    """
    at = 0
    for part in pattern.split("*"):
        found = sentence.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _is_text(pattern: str) -> str:
    expression = next((each for each in _OF_AN_EXPRESSION if each in pattern), None)
    if expression is not None:
        raise ValueError(
            f"it holds {expression}, and is no regular expression but text that the sentence must contain; "
            "write * where anything may stand"
        )
    if pattern and not pattern.strip("* "):
        raise ValueError("it would match every sentence; add some of its words")
    return pattern


Pattern = Annotated[str, AfterValidator(_is_text)]
