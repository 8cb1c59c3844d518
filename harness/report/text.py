"""Numbers, times and strangers' words as a reader is to see them."""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.evidence.clock import Clock
from harness.judge.model import Judgement
from harness.printable import one_line as one_line
from harness.printable import printable as printable

NONE = "\N{EM DASH}"
"""Stands where a figure does not apply or is not known."""


def shortened(text: object, chars_max: int) -> str:
    """`text` on one line, its middle left out where it is longer than `chars_max`."""
    line = one_line(text)
    if len(line) <= chars_max:
        return line
    head = (chars_max - 1) // 2
    return f"{line[:head]}\N{HORIZONTAL ELLIPSIS}{line[-(chars_max - 1 - head) :]}"


def words(name: str) -> str:
    """A name of the evidence in words: `wait_drained` -> `wait drained`."""
    return one_line(name).replace("_", " ")


def seconds(value_s: float | None) -> str:
    """A duration for reading: `40 ms`, `0.25 s`, `7.9 s`, `12 min 05 s`."""
    return NONE if value_s is None else _seconds(value_s, round)


def at_most_seconds(value_s: float | None) -> str:
    """The same for an upper bound, which may only be rounded up."""
    return NONE if value_s is None else _seconds(value_s, _up)


def _up(value: float, digits: int = 0) -> float:
    # The second rounding takes off what binary fractions add: 1.1 * 10 is 11.000000000000002.
    scale = 10.0**digits
    return math.ceil(round(value * scale, 6)) / scale


def _seconds(value_s: float, rounded: Callable[[float, int], float]) -> str:
    if value_s == 0:
        return "0 s"
    if rounded(value_s * 1_000, 0) < 100:
        return f"{rounded(value_s * 1_000, 0):.0f} ms"
    if rounded(value_s, 2) < 1:
        return f"{rounded(value_s, 2):.2f} s"
    if rounded(value_s, 1) < 100:
        return f"{rounded(value_s, 1):.1f} s"
    minutes, rest_s = divmod(int(rounded(value_s, 0)), 60)
    return f"{minutes} min {rest_s:02d} s"


def width_words(width_ns: int) -> str:
    """A width of a bin for reading: `0.25 s`, `5 s`, `5 min`."""
    return f"{width_ns / 1e9:g} s" if width_ns < 60_000_000_000 else f"{width_ns / 6e10:g} min"


def milliseconds(value_ms: float | None) -> str:
    """Latency in milliseconds without its unit, for a column that names it."""
    if value_ms is None:
        return NONE
    return f"{value_ms:,.0f}" if value_ms >= 9.95 else f"{value_ms:.1f}"


def count(value: int | None) -> str:
    """A whole number with thousands separated."""
    return NONE if value is None else f"{value:,}"


def counted(number: int, noun: str) -> str:
    """`1 outage`, `3 outages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def at_most_percent(share: float | None) -> str:
    """A share of 0 to 1 that is an upper bound, as a percentage rounded up, finer below ten."""
    if share is None:
        return NONE
    value = share * 100
    if value == 0 or value >= 10:
        return f"{min(_up(value), 100):.0f} %"
    return f"{_up(value, 1 if value >= 0.1 else 3):g} %"


def memory(size_bytes: object) -> str:
    """A size of memory in GiB."""
    return f"{size_bytes / 2**30:.1f} GiB" if isinstance(size_bytes, int | float) else NONE


class RunTimes:
    """Instants of one run, as seconds into it and as UTC."""

    def __init__(self, judgement: Judgement) -> None:
        reading = judgement.manifest.clock
        self._clock = Clock(wall_ns=reading.wall_ns, mono_ns=reading.mono_ns)
        self._start_ns = judgement.timeline.start_ns

    def since_start_s(self, mono_ns: int) -> float:
        """Seconds from the start of the run."""
        return (mono_ns - self._start_ns) / 1e9

    def at(self, mono_ns: int | None) -> str:
        """Seconds into the run, e.g. `31.24 s`."""
        return NONE if mono_ns is None else f"{self.since_start_s(mono_ns):.2f} s"

    def utc(self, mono_ns: int | None) -> str:
        """Time of day, UTC, to the millisecond; the date stands at the top of the page."""
        if mono_ns is None:
            return NONE
        return self._clock.utc(mono_ns).time().isoformat(timespec="milliseconds")
