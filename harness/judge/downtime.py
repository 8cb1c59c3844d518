"""Every outage of a run, with its cause and with whether it is charged to the upgrade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import MEANT_FOR
from harness.evidence.requests import Records
from harness.judge.attribution import Flight, lay
from harness.judge.codes import bad, sent
from harness.judge.model import Downtime, Outage
from harness.judge.outages import LaneFailure, lane_failures, together
from harness.judge.overdue import overdue

if TYPE_CHECKING:
    from harness.judge.evidence import Evidence

OUTAGES_LISTED_MAX = 500
"""Outages told one by one, the longest; of a run with more, nobody reads the rest, and they are counted."""
_EXAMPLES = 5
_LOOKED_INTO_MAX = 200
"""Failed requests of a lane whose words are read to find the node they were meant for."""


@dataclass(frozen=True, slots=True)
class _Lane:
    """A lane's requests as outages are sought in them."""

    sent: Records
    bad: NDArray[np.bool_]
    charged: NDArray[np.bool_]
    """Of the bad ones, by row of `sent`."""


@dataclass(frozen=True, slots=True)
class _Group:
    """An outage, before its cause is known."""

    members: tuple[LaneFailure, ...]
    requests: int
    charged: bool

    @property
    def telling(self) -> tuple[LaneFailure, ...]:
        """The members whose edges count: those with a schedule, else all."""
        return tuple(member for member in self.members if member.scheduled) or self.members

    @property
    def start_ns(self) -> int:
        return self.members[0].start_ns

    @property
    def end_ns(self) -> int:
        return max(member.end_ns for member in self.members)


def downtime(evidence: Evidence) -> Downtime:
    """Find the outages of every lane, merge those that overlap, and lay each to its cause."""
    lanes = {number: _lane(evidence, number) for number in evidence.lanes()}
    failures = [
        failure
        for number, lane in lanes.items()
        if lane.bad.any()
        for failure in lane_failures(
            number, evidence.requests.lanes[number].rate_hz, lane.sent, lane.bad, evidence.judged_end_ns
        )
    ]
    groups = [_group(members, lanes) for members in together(failures)]
    charged = [group for group in groups if group.charged]
    listed = sorted(groups, key=lambda g: (not g.charged, g.start_ns - g.end_ns))[:OUTAGES_LISTED_MAX]
    return Downtime(
        outages=tuple(_outage(evidence, g, lanes) for g in sorted(listed, key=lambda g: g.start_ns)),
        total=len(groups),
        charged=len(charged),
        longest_s=max(((g.end_ns - g.start_ns) / 1e9 for g in charged), default=0.0),
        charged_s=sum(g.end_ns - g.start_ns for g in charged) / 1e9,
        failed=sum(group.requests for group in groups),
        failed_charged=sum(group.requests for group in charged),
    )


def _lane(evidence: Evidence, number: int) -> _Lane:
    """Requests due from the first probed phase on.

    Those due after the last one are not judged, but a success among them still ends an outage.
    """
    records = evidence.requests.of(number)
    first, last = np.searchsorted(records.intended_ns, (evidence.judged_start_ns, evidence.judged_end_ns))
    records = records.between(int(first), len(records))
    failed = bad(records)
    keep = sent(records)
    keep[last - first :] &= ~failed[last - first :]
    if not keep.all():
        records, failed = records.at(keep), failed[keep]
    charged = np.zeros(len(records), bool)
    charged[failed] = evidence.room.charged(number, records.at(failed))
    return _Lane(records, failed, charged)


def _rows(member: LaneFailure) -> slice:
    return slice(member.first, member.last + 1)


def _group(members: tuple[LaneFailure, ...], lanes: dict[int, _Lane]) -> _Group:
    return _Group(
        members,
        requests=sum(member.last + 1 - member.first for member in members),
        charged=any(bool(lanes[member.lane].charged[_rows(member)].any()) for member in members),
    )


def _outage(evidence: Evidence, group: _Group, lanes: dict[int, _Lane]) -> Outage:
    requests = evidence.requests
    failed = [(m.lane, lanes[m.lane].sent.between(m.first, m.last + 1)) for m in group.members]
    flight = Flight(group.start_ns, max(int(records.end_ns.max()) for _, records in failed))
    cause = lay(
        evidence.timeline,
        evidence.windows,
        flight,
        _answered_by(evidence, [records for _, records in failed]),
        meant_for=_meant_for(evidence, [records for _, records in failed]),
        drained=evidence.drained,
        all_answered=all(bool((records.node >= 0).all()) for _, records in failed),
    )
    return Outage(
        start_ns=group.start_ns,
        end_ns=group.end_ns,
        uncertainty_ns=max(member.uncertainty_ns for member in group.telling),
        open_ended=any(member.open_ended for member in group.telling),
        lanes=tuple(sorted({requests.lanes[member.lane].lane for member in group.members})),
        errors=_errors(evidence, [records for _, records in failed]),
        requests=group.requests,
        phase=cause.phase,
        step=cause.step,
        node=cause.node,
        release=cause.release,
        cause=cause.sentence,
        examples=_examples(evidence, failed),
        charged=group.charged,
    )


def _errors(evidence: Evidence, failed: Sequence[Records]) -> tuple[tuple[str, int], ...]:
    tally: Counter[str] = Counter()
    for records in failed:
        codes, numbers = np.unique(records.error, return_counts=True)
        for code, number in zip(codes.tolist(), numbers.tolist(), strict=True):
            tally[evidence.requests.errors[code] if code >= 0 else "unnamed"] += number
    return tuple(sorted(tally.items(), key=lambda item: (-item[1], item[0])))


def _answered_by(evidence: Evidence, failed: Sequence[Records]) -> list[tuple[str, str | None]]:
    requests = evidence.requests
    pairs = {
        (node, release)
        for records in failed
        for node, release in zip(records.node.tolist(), records.release.tolist(), strict=True)
        if node >= 0
    }
    return sorted((requests.nodes[n], requests.releases[r] if r >= 0 else None) for n, r in pairs)


def _meant_for(evidence: Evidence, failed: Sequence[Records]) -> frozenset[str]:
    """Nodes to which the balancer could not pass the requests, as it says itself; of the first ones alone."""
    nodes = set()
    for records in failed:
        for text in evidence.requests.texts(records.line_at[:_LOOKED_INTO_MAX]):
            _, found, node = (text.detail or "").partition(MEANT_FOR)
            nodes.add(node if found else "")
    return frozenset(nodes)


def _examples(evidence: Evidence, failed: Sequence[tuple[int, Records]]) -> tuple[str, ...]:
    """The first requests by time, whatever their lane."""
    heads = [
        (int(due), lane, records, row)
        for lane, records in failed
        for row, due in enumerate(records.intended_ns[:_EXAMPLES].tolist())
    ]
    heads.sort(key=lambda head: (head[0], head[1], head[3]))
    return tuple(_example(evidence, lane, records, row) for _, lane, records, row in heads[:_EXAMPLES])


def _example(evidence: Evidence, lane: int, records: Records, row: int) -> str:
    requests = evidence.requests
    text = requests.texts(records.line_at[row : row + 1])[0]
    error, status = int(records.error[row]), int(records.status[row])
    parts = [
        f"{(int(records.intended_ns[row]) - evidence.timeline.start_ns) / 1e9:.2f} s",
        requests.lanes[lane].lane,
        requests.errors[error] if error >= 0 else "unnamed",
        f"status {status}" if status else "no answer",
        text.detail or _late(records, row),
        text.request_id,
    ]
    return ", ".join(part for part in parts if part)


def _late(records: Records, row: int) -> str | None:
    """Of an answer that came well and too late, how late."""
    if not overdue(records)[row]:
        return None
    return f"answered after {(int(records.end_ns[row]) - int(records.start_ns[row])) / 1e9:.2f} s"
