"""Strangers' text without what would steer a terminal or break a page."""

from __future__ import annotations

import re

# What XML 1.0 forbids, and what would steer a terminal: server errors end up in reports, whatever they hold.
# The bidirectional marks would let a server's error reorder the words round it.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

_COLOURS = re.compile(r"\x1b\[[0-9;:]*[mK]")
"""As programs print them for a terminal (`ESC[00m`): they say nothing. Whatever else steers is marked."""


def plain(text: str) -> str:
    """`text` without what a program printed to colour a terminal."""
    return _COLOURS.sub("", text)


def printable(text: object) -> str:
    """`text` without colours, each other control character replaced by a visible mark; safe in XML and on a
    terminal.
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", plain(str(text)))


def one_line(text: object) -> str:
    """`text`, printable, on one line."""
    return " ".join(printable(text).split())
