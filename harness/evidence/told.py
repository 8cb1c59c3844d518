"""What a journal line's detail tells under a key: of the key's type, or None where it is anything else."""

from __future__ import annotations

import math
from collections.abc import Mapping

INSTANT_NS_MAX = 2**63


def text(value: object) -> str | None:
    """A string."""
    return value if isinstance(value, str) else None


def whole(value: object) -> int | None:
    """An integer, also below 0: the exit code of a command that a signal ended."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def natural(value: object) -> int | None:
    """A count."""
    number = whole(value)
    return None if number is None or number < 0 else number


def instant_ns(value: object) -> int | None:
    """Nanoseconds of the run's clock."""
    number = natural(value)
    return None if number is None or number >= INSTANT_NS_MAX else number


def seconds(value: object) -> float | None:
    """A length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and value >= 0 else None


def flag(value: object) -> bool | None:
    """True or false; 1 and 0 are those as well."""
    return bool(value) if isinstance(value, int) and value in (0, 1) else None


def texts(value: object) -> tuple[str, ...] | None:
    """A list, each entry of it as text: one of another type still says that there is something."""
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else None


def counts(value: object) -> dict[str, int] | None:
    """Name -> count; entries that are none are left out."""
    if not isinstance(value, Mapping):
        return None
    return {str(name): number for name, each in value.items() if (number := natural(each)) is not None}


def words(value: object) -> dict[str, str] | None:
    """Name -> text; a value of another type still says that there is something."""
    return {str(name): str(each) for name, each in value.items()} if isinstance(value, Mapping) else None


def counts_by_lane(value: object) -> dict[str, dict[str, int]] | None:
    """Lane -> name -> count."""
    if not isinstance(value, Mapping):
        return None
    return {str(lane): told for lane, each in value.items() if (told := counts(each)) is not None}


def releases(value: object) -> dict[str, str | None] | None:
    """Node -> version, None where that is not known."""
    if not isinstance(value, Mapping):
        return None
    return {str(node): text(version) for node, version in value.items()}


def tables(value: object) -> dict[str, tuple[str, ...]] | None:
    """Version table -> its rows; None for all of it where one table has no list of rows."""
    if not isinstance(value, Mapping):
        return None
    read = {str(name): texts(rows) for name, rows in value.items()}
    whole_ones = {name: rows for name, rows in read.items() if rows is not None}
    return whole_ones if len(whole_ones) == len(read) else None
