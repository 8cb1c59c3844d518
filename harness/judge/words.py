"""Numbers and lists as findings write them."""

from __future__ import annotations

import math
from collections.abc import Iterable

REFUSED = "Refused what was valid: "
"""How a finding begins of a request of the program's own that Keystone should have carried out."""
LISTED_MAX = 4
"""Names that a sentence spells out; more are counted, because nobody reads them."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 request`, `1,521 requests`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b, c and 5 more`."""
    words = list(names)
    if len(words) > LISTED_MAX:
        rest = len(words) - (LISTED_MAX - 1)
        words = [*words[: LISTED_MAX - 1], f"{rest} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def at_most_seconds(seconds: float) -> str:
    """A bound, rounded up to hundredths so that it still holds: `1.01 s`."""
    # A nanosecond of float noise must not add a hundredth.
    return f"{math.ceil(round(seconds * 100, 6)) / 100:.2f} s"


def percent(share: float) -> str:
    """A share from 0 to 1 with two significant digits: `0.2 %`, `0.031 %`."""
    return f"{share * 100:.2g} %"


def was_were(number: int) -> str:
    """The verb for so many."""
    return "was" if number == 1 else "were"


def without_header(number: int, what: str) -> str:
    """`3,110 answers came without the header that names a node`."""
    return f"{counted(number, 'answer')} came without the header that names {what}"
