"""Bounds of a text in TOML that are held before anything parses it."""

from __future__ import annotations

import re

DEPTH_MAX = 10
"""Of lists and tables in each other. A scenario has three at most; the parser recurses into each."""
PARTS_MAX = 10
"""Of a dotted key. A scenario's have four at most; the parser takes time and memory by their square:
100,000 parts took 22 GB."""
WORD_CHARS_MAX = 100
"""Of a number, or a key without quotes. Python converts a number of n digits in the time of n squared, and
writes none of more than 4,300."""

_TOKEN = re.compile(
    r"""
    (?P<open> [\[{] ) | (?P<close> [\]}] ) | (?P<dot> \. ) | (?P<between> [\n=,] )
    | (?P<word> [^\s"'\#\[\]{}.=,]+ )
    # What follows says nothing. A string without an end goes on to the end of its line, or of the text.
    | \#[^\n]*
    | \"{3} (?: [^\\] | \\. )*? (?: \"{3,5} | \\?\Z ) | '{3} .*? (?: '{3,5} | \Z )
    | " (?: [^"\\\n] | \\[^\n] )* "? | ' [^'\n]* '?
    """,
    re.VERBOSE | re.DOTALL,
)
"""Strings and comments are told from the rest as the parser does, as far as a text is TOML at all; each
alternative takes what it began with, so that a text is read once."""


def need_bounds(text: str) -> None:
    """Refuse what would cost the parser more time or memory than any text that a person wrote.

    Raises:
        ValueError: with the line and what is too much of there, as the end of a sentence.
    """
    depth = dots = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        depth += (kind == "open") - (kind == "close")
        dots = dots + 1 if kind == "dot" else dots if kind == "word" or kind is None else 0
        if objection := _objection(depth, dots, token):
            raise ValueError(f"line {text.count(chr(10), 0, token.start()) + 1}: {objection}")


def _objection(depth: int, dots: int, token: re.Match[str]) -> str | None:
    if depth > DEPTH_MAX:
        return f"lists and tables lie more than {DEPTH_MAX} deep in each other"
    if dots >= PARTS_MAX:
        return f"a key has more than {PARTS_MAX} parts"
    if token.lastgroup == "word" and token.end() - token.start() > WORD_CHARS_MAX:
        return f"a number, or a key without quotes, has more than {WORD_CHARS_MAX} characters"
    return None
