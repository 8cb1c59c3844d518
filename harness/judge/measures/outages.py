"""The disruptions of a run: failures that belong together, charged ones apart from excused ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import MEANT_FOR, Edge, Error, Step
from harness.evidence.requests import Records
from harness.judge.codes import OK, count, sent
from harness.judge.downtime import Charge, Downtime, Outage
from harness.judge.evidence import Evidence, due
from harness.judge.measures.attribution import Cause, Flight, attribute
from harness.judge.measures.charged import ChargedFailures
from harness.judge.measures.edges import Edges, Failed, edges
from harness.judge.measures.following import Following, following
from harness.judge.measures.lane_failures import LaneFailure, pause_ns, together
from harness.judge.overdue import overdue
from harness.judge.timeline import phase_at
from harness.judge.words import listed

OUTAGES_LISTED_MAX = 500
"""Outages told one by one, the longest; of a run with more, nobody reads the rest, and they are counted."""
_EXAMPLES = 5
_DOWN_MIN = 3
"""So many requests in a row, all of them failures, are called down; one or two alone may be a lane's."""
_LOOKED_INTO_MAX = 200
"""Failed requests of a lane whose words are read to find the node they were meant for."""


@dataclass(frozen=True, slots=True)
class _Group:
    """A disruption, before its cause is known."""

    members: tuple[Failed, ...]
    charged: bool
    edges: Edges

    @property
    def requests(self) -> int:
        return sum(member.failure.last + 1 - member.failure.first for member in self.members)

    @property
    def first_due_ns(self) -> int:
        return min(member.failure.start_ns for member in self.members)

    @property
    def last_due_ns(self) -> int:
        return max(int(member.records.intended_ns[-1]) for member in self.members)


def outages(evidence: Evidence, failures: ChargedFailures) -> Downtime:
    """Put failures together that are one disruption, charged ones and excused ones each by themselves.

    A lane that is excused must not make the disruption of a sound one longer, nor the reverse.
    """
    charged = _groups(evidence, failures, failures.charged, charged=True)
    excused = _groups(evidence, failures, failures.excused, charged=False)
    listed = sorted([*charged, *excused], key=lambda g: (not g.charged, -g.edges.outer_s))[
        :OUTAGES_LISTED_MAX
    ]
    followed = following(evidence, failures)
    told = {id(group): _outage(evidence, group, followed if group.charged else None) for group in listed}
    return Downtime(
        followed=None if followed is None else followed.release,
        outages=tuple(sorted(told.values(), key=lambda outage: outage.start_ns)),
        total=len(charged) + len(excused),
        charges=tuple(_charge(evidence, group, told.get(id(group))) for group in charged),
        failed=sum(group.requests for group in (*charged, *excused)),
    )


def _groups(
    evidence: Evidence, failures: ChargedFailures, some: Sequence[LaneFailure], *, charged: bool
) -> list[_Group]:
    waits, stops_ns = evidence.error_code(Error.TIMEOUT), _stops_ns(evidence)

    def pause(failure: LaneFailure) -> int:
        return pause_ns(evidence.requests.lanes[failure.lane].rate_hz)

    grouped = (
        tuple(Failed(failure, failures.sent[failure.lane], waits) for failure in group)
        for group in together(some, pause)
    )
    return [_Group(members, charged, edges(members, evidence.judged_end_ns, stops_ns)) for members in grouped]


def _charge(evidence: Evidence, group: _Group, outage: Outage | None) -> Charge:
    """What one charged disruption counts; the phase is that to which it was laid, else that of its start."""
    requests: Counter[str] = Counter()
    members: dict[str, list[Failed]] = defaultdict(list)
    for member in group.members:
        lane = evidence.requests.lanes[member.failure.lane].lane
        requests[lane] += member.failure.last + 1 - member.failure.first
        members[lane].append(member)
    return Charge(
        phase=outage.phase if outage else phase_at(evidence.windows, group.first_due_ns),
        start_ns=group.edges.outer_start_ns,
        end_ns=group.edges.outer_end_ns,
        inner_s=group.edges.inner_s,
        requests=dict(requests),
        spans_ns={lane: _outer(own, evidence) for lane, own in members.items()},
    )


def _outer(members: Sequence[Failed], evidence: Evidence) -> tuple[int, int]:
    bounds = edges(members, evidence.judged_end_ns, _stops_ns(evidence))
    return bounds.outer_start_ns, bounds.outer_end_ns


def _stops_ns(evidence: Evidence) -> NDArray[np.int64]:
    steps = (s for s in evidence.timeline.steps if s.step == Step.STOP and s.edge != Edge.SKIP)
    return np.array(sorted(step.start_ns for step in steps), np.int64)


def _outage(evidence: Evidence, group: _Group, followed: Following | None) -> Outage:
    requests, bounds = evidence.requests, group.edges
    failed = [(member.failure.lane, member.records) for member in group.members]
    flight = Flight(group.first_due_ns, max(int(records.end_ns.max()) for _, records in failed))
    cause = attribute(
        evidence.timeline,
        evidence.windows,
        flight,
        _answered_by(evidence, [records for _, records in failed]),
        meant_for=_meant_for(evidence, [records for _, records in failed]),
        drained=evidence.drained,
        all_answered=all(bool((records.node >= 0).all()) for _, records in failed),
    )
    if followed is not None:
        cause = Cause(cause.phase, None, None, followed.release, _followed_words(followed))
    return Outage(
        start_ns=bounds.outer_start_ns,
        end_ns=bounds.outer_end_ns,
        inner_start_ns=bounds.inner_start_ns,
        inner_end_ns=bounds.inner_end_ns,
        first_due_ns=group.first_due_ns,
        last_due_ns=group.last_due_ns,
        open_ended=bounds.open_ended,
        lanes=tuple(sorted({requests.lanes[lane].lane for lane, _ in failed})),
        errors=_errors(evidence, [records for _, records in failed]),
        requests=group.requests,
        due=_due_meanwhile(evidence, group),
        down=_is_down(evidence, group),
        phase=cause.phase,
        step=cause.step,
        node=cause.node,
        release=cause.release,
        cause=cause.sentence,
        examples=_examples(evidence, failed),
        charged=group.charged,
    )


def _followed_words(followed: Following) -> str:
    return (
        f"all {followed.failed:,} failures of the run were answered by release {followed.release}, at "
        f"{listed(followed.nodes)}, and none by {followed.other}, which answered {followed.answered:,} "
        "requests of the same lanes well meanwhile"
    )


def _due_meanwhile(evidence: Evidence, group: _Group) -> int:
    """Requests of any lane that were sent and due between the successes that bound it, or since the first
    that failed.
    """
    start_ns = min(group.edges.outer_start_ns + 1, group.first_due_ns)
    end_ns = max(group.edges.outer_end_ns, group.last_due_ns + 1)
    lanes = (due(evidence.requests.of(number), start_ns, end_ns) for number in evidence.lanes())
    return sum(count(sent(records)) for records in lanes)


def _is_down(evidence: Evidence, group: _Group) -> bool:
    """Whether nothing that was due while it certainly lasted succeeded, in any lane."""
    bounds = group.edges
    lanes = (evidence.requests.of(number) for number in evidence.lanes())
    inside = (due(records, bounds.inner_start_ns, bounds.inner_end_ns + 1) for records in lanes)
    return group.requests >= _DOWN_MIN and not any(count(records.outcome == OK) for records in inside)


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
            node = (text.detail or "").partition(MEANT_FOR)[2]
            # What the balancer names may be no node: a server of its own, or a word for none.
            nodes.add(node if node in evidence.manifest.nodes else "")
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
