"""The outages of a run: groups of failures at one time, charged ones apart from excused ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.evidence.names import MEANT_FOR
from harness.evidence.requests import Records
from harness.judge.evidence import Evidence
from harness.judge.measures.attribution import Flight, attribute
from harness.judge.measures.charged import ChargedFailures
from harness.judge.measures.lane_failures import LaneFailure, together
from harness.judge.model import Downtime, Outage
from harness.judge.overdue import overdue

OUTAGES_LISTED_MAX = 500
"""Outages told one by one, the longest; of a run with more, nobody reads the rest, and they are counted."""
_EXAMPLES = 5
_LOOKED_INTO_MAX = 200
"""Failed requests of a lane whose words are read to find the node they were meant for."""


@dataclass(frozen=True, slots=True)
class _Group:
    """An outage, before its cause is known."""

    members: tuple[LaneFailure, ...]
    charged: bool

    @property
    def telling(self) -> tuple[LaneFailure, ...]:
        """The members whose edges count: those with a schedule, else all."""
        return tuple(member for member in self.members if member.scheduled) or self.members

    @property
    def requests(self) -> int:
        return sum(member.last + 1 - member.first for member in self.members)

    @property
    def start_ns(self) -> int:
        return self.members[0].start_ns

    @property
    def end_ns(self) -> int:
        return max(member.end_ns for member in self.members)

    @property
    def length_ns(self) -> int:
        return self.end_ns - self.start_ns


def outages(evidence: Evidence, failures: ChargedFailures) -> Downtime:
    """Merge failures that overlap in time, charged ones and excused ones each by themselves.

    A lane that is excused must not make the outage of a sound one longer, nor the reverse.
    """
    charged = [_Group(members, charged=True) for members in together(failures.charged)]
    excused = [_Group(members, charged=False) for members in together(failures.excused)]
    listed = sorted([*charged, *excused], key=lambda g: (not g.charged, -g.length_ns))[:OUTAGES_LISTED_MAX]
    failed_charged = sum(group.requests for group in charged)
    return Downtime(
        outages=tuple(_outage(evidence, g, failures) for g in sorted(listed, key=lambda g: g.start_ns)),
        total=len(charged) + len(excused),
        charged=len(charged),
        longest_s=max((group.length_ns for group in charged), default=0) / 1e9,
        charged_s=sum(group.length_ns for group in charged) / 1e9,
        failed=failed_charged + sum(group.requests for group in excused),
        failed_charged=failed_charged,
    )


def _outage(evidence: Evidence, group: _Group, failures: ChargedFailures) -> Outage:
    requests = evidence.requests
    failed = [(member.lane, failures.failed(member)) for member in group.members]
    flight = Flight(group.start_ns, max(int(records.end_ns.max()) for _, records in failed))
    cause = attribute(
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
