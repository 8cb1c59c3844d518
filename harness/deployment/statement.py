"""SQL statements as evidence names them: their shape, never the values in them."""

from __future__ import annotations

import re

STATEMENT_CHARS_MAX = 160
"""Kept of a statement: its verb, tables and first columns."""

# A literal that the database's own cut left open goes to the end of the text. Comments go, too.
_LITERALS = re.compile(
    r"""
    /\*.*?(?:\*/|$)
    | (?<![\w`])(?:[xXbBnN]|_\w+)?(?:'(?:[^'\\]|\\.|'')*(?:'|$)|"(?:[^"\\]|\\.|"")*(?:"|$))
    | (?<![\w`.])[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w`])
    """,
    re.VERBOSE | re.DOTALL,
)
_LISTS = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")


def without_literals(statement: str) -> str:
    """The statement on one line with `?` for each text, number and list of them, cut to a readable length.

    Password hashes, tokens and names of users stand in statements; none of them may reach the evidence.
    """
    shape = " ".join(_LITERALS.sub("?", statement).split())
    shape = _LISTS.sub("(?)", shape)
    if len(shape) <= STATEMENT_CHARS_MAX:
        return shape
    return shape[: STATEMENT_CHARS_MAX - 1] + "\N{HORIZONTAL ELLIPSIS}"
