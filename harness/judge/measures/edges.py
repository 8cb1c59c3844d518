"""When a disruption certainly lasted, and how long it can have lasted at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.requests import Records
from harness.judge.codes import OK
from harness.judge.measures.lane_failures import LaneFailure


@dataclass(frozen=True, slots=True)
class Edges:
    """The two bounds of one disruption."""

    inner_start_ns: int
    inner_end_ns: int
    outer_start_ns: int
    outer_end_ns: int
    open_ended: bool
    """No success followed."""

    @property
    def inner_s(self) -> float:
        """At least so long: from the first request that was hurt to the last; 0 where one request failed."""
        return (self.inner_end_ns - self.inner_start_ns) / 1e9

    @property
    def outer_s(self) -> float:
        """At most so long: from the last success before to the first success after."""
        return (self.outer_end_ns - self.outer_start_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Failed:
    """One failure of a lane, with the requests that it was found in."""

    failure: LaneFailure
    sent: Records
    """Those of its lane, by intended time."""
    waits: int
    """Code of the error class `timeout`."""

    @property
    def records(self) -> Records:
        """The requests that failed; views."""
        return self.sent.between(self.failure.first, self.failure.last + 1)

    def hurt_ns(self, stops_ns: NDArray[np.int64]) -> int:
        """From when the first of its requests was without service.

        That is when it was due. Where it did not time out and a node began to be stopped while it was under
        way, it may have waited its turn on a sound service until then.

        Args:
            stops_ns: when nodes began to be stopped, ascending.
        """
        records = self.records
        if not len(stops_ns):
            return int(records.intended_ns[0])
        place = np.searchsorted(stops_ns, records.intended_ns, side="right")
        stopped_ns = stops_ns[np.minimum(place, len(stops_ns) - 1)]
        cut = (place < len(stops_ns)) & (stopped_ns <= records.end_ns) & (records.error != self.waits)
        return int(np.where(cut, stopped_ns, records.intended_ns).min())


def edges(members: Sequence[Failed], evidence_end_ns: int, stops_ns: NDArray[np.int64]) -> Edges:
    """The bounds of failures that are one disruption.

    Every request that failed lies within both. Successes of the lanes that were hit bound it, taken
    together, so that the densest of them decides; lanes of the load only where no other was hit. Where none
    of them has a schedule, the outer bound begins with the first request that failed and ends, at the latest,
    with the last answer: a closed lane sends nothing for a while then.

    Args:
        members: what failed together.
        evidence_end_ns: its end, where no success followed.
        stops_ns: when nodes began to be stopped, ascending.
    """
    telling = [each for each in members if each.failure.scheduled] or list(members)
    scheduled = telling[0].failure.scheduled
    first_due_ns = min(each.failure.start_ns for each in members)
    hurt_ns = min(each.hurt_ns(stops_ns) for each in members)
    last_ns = max(hurt_ns, *(int(each.records.intended_ns[-1]) for each in members))
    before = max((due for each in telling for due in _success_before(each, hurt_ns)), default=first_due_ns)
    after = min((due for each in telling for due in _success_after(each, last_ns)), default=None)
    open_ended = after is None or any(each.failure.open_ended for each in telling)
    end_ns = max(evidence_end_ns, last_ns) if after is None or (scheduled and open_ended) else after
    if not scheduled:
        before = first_due_ns
        end_ns = min(end_ns, max(last_ns, *(int(each.records.end_ns.max()) for each in telling)))
    return Edges(hurt_ns, last_ns, min(before, hurt_ns), max(end_ns, last_ns), open_ended)


def _success_before(one: Failed, hurt_ns: int) -> Iterator[int]:
    """When the last request of the lane was due that had succeeded by then; nothing where none had."""
    sent = one.sent
    row = int(np.searchsorted(sent.intended_ns, hurt_ns, side="right"))
    for place in range(row - 1, -1, -1):
        if sent.outcome[place] == OK and sent.end_ns[place] <= hurt_ns:
            yield int(sent.intended_ns[place])
            return


def _success_after(one: Failed, last_ns: int) -> Iterator[int]:
    sent = one.sent
    row = int(np.searchsorted(sent.intended_ns, last_ns, side="right"))
    well = np.flatnonzero(sent.outcome[row:] == OK)
    if len(well):
        yield int(sent.intended_ns[row + well[0]])
