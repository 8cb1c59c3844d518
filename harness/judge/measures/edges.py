"""When a disruption certainly lasted, and how long it can have lasted at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

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
        """At least so long: from the first failure to the last that was due; 0 where one request failed."""
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
    """Code of the error class `timeout`, whose requests were without service from when they were due."""

    @property
    def records(self) -> Records:
        """The requests that failed; views."""
        return self.sent.between(self.failure.first, self.failure.last + 1)

    @property
    def struck_ns(self) -> int:
        """When the first of its requests was certainly hurt.

        A request that timed out had no service from when it was due. One that was cut, refused or answered
        wrongly may have waited its turn on a sound service until then: that is when it ended.
        """
        records = self.records
        return int(np.where(records.error == self.waits, records.intended_ns, records.end_ns).min())


def edges(members: Sequence[Failed], evidence_end_ns: int) -> Edges:
    """The bounds of failures that are one disruption.

    The lanes that were hit are taken together, so that the densest of them decides. Where none of them has a
    schedule, the outer bound begins with the first request that failed and ends, at the latest, with the last
    answer: a closed lane sends nothing for a while then.
    """
    telling = [each for each in members if each.failure.scheduled] or list(members)
    scheduled = telling[0].failure.scheduled
    first_due_ns = min(each.failure.start_ns for each in telling)
    last_due_ns = max(int(each.records.intended_ns[-1]) for each in telling)
    struck_ns = min(min(each.struck_ns for each in telling), max(first_due_ns, last_due_ns))
    before = max((due for each in telling for due in _success_before(each, struck_ns)), default=first_due_ns)
    after = min((due for each in telling for due in _success_after(each, last_due_ns)), default=None)
    open_ended = after is None or any(each.failure.open_ended for each in telling)
    end_ns = max(evidence_end_ns, last_due_ns) if after is None or (scheduled and open_ended) else after
    if not scheduled:
        before = first_due_ns
        end_ns = min(end_ns, max(last_due_ns, *(int(each.records.end_ns.max()) for each in telling)))
    return Edges(
        struck_ns, max(struck_ns, last_due_ns), min(before, struck_ns), max(end_ns, last_due_ns), open_ended
    )


def _success_before(one: Failed, struck_ns: int) -> Iterator[int]:
    """When the last request of the lane was due that had succeeded by then; nothing where none had."""
    sent = one.sent
    row = int(np.searchsorted(sent.intended_ns, struck_ns, side="right"))
    for place in range(row - 1, -1, -1):
        if sent.outcome[place] == OK and sent.end_ns[place] <= struck_ns:
            yield int(sent.intended_ns[place])
            return


def _success_after(one: Failed, last_due_ns: int) -> Iterator[int]:
    sent = one.sent
    row = int(np.searchsorted(sent.intended_ns, last_due_ns, side="right"))
    well = np.flatnonzero(sent.outcome[row:] == OK)
    if len(well):
        yield int(sent.intended_ns[row + well[0]])
