"""When each open-model request is due: a function of its number alone, whatever the server does."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence

SECOND_NS = 1_000_000_000


def due_ns(offset_ns: int, rate_hz: float, number: int) -> int:
    """Nanoseconds after the start at which arrival `number` (from 0) of a lane is due."""
    return offset_ns + round(number * SECOND_NS / rate_hz)


def offsets_ns(rates_hz: Sequence[float]) -> tuple[int, ...]:
    """Phase of each lane, so that all lanes together send as evenly as their rates allow.

    Lanes of one rate share its interval in equal parts. Groups of different rates are shifted against each
    other by a part of the densest group's gap, so that they do not fall on the same instants.
    """
    members = Counter(rates_hz)
    groups = sorted(members, reverse=True)
    gap_ns = min((SECOND_NS / (rate * members[rate]) for rate in groups), default=0.0)
    placed: Counter[float] = Counter()
    offsets = []
    for rate in rates_hz:
        shift_ns = gap_ns * groups.index(rate) / len(groups)
        offsets.append(round(shift_ns + SECOND_NS / rate * placed[rate] / members[rate]))
        placed[rate] += 1
    return tuple(offsets)


def offsets_beside_ns(rates_hz: Sequence[float], beside: Sequence[bool]) -> tuple[int, ...]:
    """Phases where some lanes stand beside the others: those are placed as if they were alone.

    What is probed beside must not take the others' places in time, or they would leave wider gaps in which an
    outage goes unseen. It falls between their arrivals, by half of the smallest gap.
    """
    pairs = list(zip(rates_hz, beside, strict=True))
    rates = [rate for rate, is_beside in pairs if not is_beside]
    main = iter(offsets_ns(rates))
    rest = iter(offsets_ns([rate for rate, is_beside in pairs if is_beside]))
    members = Counter(rates)
    half_ns = round(min((SECOND_NS / (rate * members[rate]) for rate in members), default=0.0) / 2)
    return tuple(next(rest) + half_ns if is_beside else next(main) for is_beside in beside)


class Schedule:
    """The arrivals of all lanes merged, in the order in which they are due; never ends."""

    def __init__(
        self, start_ns: int, rates_hz: Sequence[float], offsets: Sequence[int] | None = None
    ) -> None:
        """`start_ns` is CLOCK_MONOTONIC; a lane's index is its place in `rates_hz`, of which there is one.

        `offsets` are each lane's phase in nanoseconds; `offsets_ns(rates_hz)` where none are given.
        """
        self._start_ns = start_ns
        self._rates = tuple(rates_hz)
        self._offsets = tuple(offsets_ns(rates_hz) if offsets is None else offsets)
        self._heap = [(start_ns + offset, lane, 0) for lane, offset in enumerate(self._offsets)]
        heapq.heapify(self._heap)

    @property
    def next_due_ns(self) -> int:
        """When the next arrival is due, CLOCK_MONOTONIC."""
        return self._heap[0][0]

    def pop(self) -> tuple[int, int]:
        """Take the next arrival: its lane's index, and when it is due."""
        due, lane, number = self._heap[0]
        following = self._start_ns + due_ns(self._offsets[lane], self._rates[lane], number + 1)
        heapq.heapreplace(self._heap, (following, lane, number + 1))
        return lane, due
