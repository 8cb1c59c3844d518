"""Nodes that were out of the balancer, and whether they were left alone meanwhile."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.evidence.balancer import Sample
from harness.evidence.names import MEANT_FOR, Edge, Step
from harness.evidence.requests import Records
from harness.evidence.told import natural
from harness.judge.codes import NO_SUCH_WORD, bad, count
from harness.judge.evidence import Evidence, due
from harness.judge.measures.logged import Logged
from harness.judge.model import Span
from harness.judge.observations import NodeOut

_MAINTENANCE = "MAINT"
"""How HAProxy's word for it begins; `MAINT (via ...)` is likewise one."""
_CHOSEN = "lbtot"
"""HAProxy's count of how often a server was chosen; what a retry sends elsewhere counts at both."""
_LOOKED_INTO_MAX = 200
"""Failures of a lane whose detail is read, of each time that a node was out."""
_AHEAD_NS = 60_000_000_000
"""A request of a schedule leaves at its time or later; one that waited longer for its turn is in no lane."""
_ARRIVES_NS = 3_500_000_000
"""A request that left shortly before its node was given back may reach the balancer after that: a connection
whose first packet is lost is tried again after 1 s, and 3 s. So late in the time that a node was out only
what was answered within it counts, and what the balancer itself has counted."""


@dataclass(frozen=True, slots=True)
class _Time:
    """When a node was out."""

    node: str
    phase: str
    start_ns: int
    end_ns: int


def nodes_out(evidence: Evidence, logged: Logged) -> tuple[NodeOut, ...]:
    """Each time that a node was out of the balancer, by when it began."""
    return tuple(_out(evidence, logged, time) for time in _times(evidence.timeline.steps))


def _times(steps: Sequence[Span]) -> Iterator[_Time]:
    """From the end of `maint` to the begin of the node's next `ready`; where none came, of its last step."""
    for maint in steps:
        if maint.step != Step.MAINT or maint.edge != Edge.END or maint.node is None:
            continue
        later = [s for s in steps if s.node == maint.node and s.start_ns >= maint.end_ns]
        back = next((s.start_ns for s in later if s.step == Step.READY and s.edge != Edge.SKIP), None)
        end_ns = back if back is not None else max((s.start_ns for s in later), default=maint.end_ns)
        yield _Time(maint.node, maint.phase, maint.end_ns, end_ns)


def _out(evidence: Evidence, logged: Logged, time: _Time) -> NodeOut:
    looks = _looks(evidence.balancer.samples, time)
    seen = next(((at, word) for at, word, _ in looks if not word.startswith(_MAINTENANCE)), None)
    grown = [(at, _grown(was, now)) for (_, _, was), (at, _, now) in itertools.pairwise(looks)]
    answered, meant, sent_ns = _requests(evidence, time)
    lines_ns = _lines(logged, time)
    firsts = [at for at, number in grown if number] + sent_ns + lines_ns[:1] + ([seen[0]] if seen else [])
    return NodeOut(
        time.node, time.phase, time.start_ns, time.end_ns, len(looks), seen,
        sum(number for _, number in grown), answered, meant, len(lines_ns), min(firsts, default=None),
    )  # fmt: skip


def _looks(samples: Sequence[Sample], time: _Time) -> list[tuple[int, str, int | None]]:
    """Instant, state and count of each look that began while the node was out.

    A sample's time is that of the answer. It was asked for after the one before it, so only what follows a
    sample of that time is certainly of it; and it is over before the node is given back.
    """
    within = [sample for sample in samples if time.start_ns <= sample.mono_ns < time.end_ns]
    servers = [(sample.mono_ns, sample.servers.get(time.node, {})) for sample in within[1:]]
    return [(at, str(row["status"]), natural(row.get(_CHOSEN))) for at, row in servers if row.get("status")]


def _grown(was: int | None, now: int | None) -> int:
    """By how much; a balancer that was started anew counts from 0."""
    if was is None or now is None:
        return 0
    return now - was if now >= was else now


def _requests(evidence: Evidence, time: _Time) -> tuple[Counter[str], Counter[str], list[int]]:
    """Of what was sent meanwhile, by lane: what the node answered, what was meant for it; first instants."""
    nodes = evidence.requests.nodes
    code = nodes.index(time.node) if time.node in nodes else NO_SUCH_WORD
    answered, meant, firsts = Counter[str](), Counter[str](), []
    for number in evidence.lanes():
        records = _sent(evidence.requests.of(number), time)
        lane = evidence.requests.lanes[number].lane
        by_node, for_node = records.node == code, _meant(evidence, records, time.node)
        for rows, told in ((by_node, answered), (for_node, meant)):
            if rows.any():
                told[lane] += count(rows)
                firsts.append(int(records.start_ns[rows].min()))
    return answered, meant, firsts


def _lines(logged: Logged, time: _Time) -> list[int]:
    """When each request was sent that the log has given to the node and that was certainly sent meanwhile."""
    servers = logged.lines.servers
    if not logged.judged or time.node not in servers:
        return []
    rows = logged.lines.server == servers.index(time.node)
    rows &= (logged.earliest_ns >= time.start_ns) & (logged.latest_ns < time.end_ns - _ARRIVES_NS)
    return [int(at) for at in np.sort(logged.earliest_ns[rows])]


def _sent(records: Records, time: _Time) -> Records:
    near = due(records, time.start_ns - _AHEAD_NS, time.end_ns)
    in_time = (near.end_ns < time.end_ns) | (near.start_ns < time.end_ns - _ARRIVES_NS)
    return near.at((near.start_ns >= time.start_ns) & in_time)


def _meant(evidence: Evidence, records: Records, node: str) -> np.ndarray:
    """Requests of which the balancer says itself that it could not pass them to the node."""
    rows = np.flatnonzero(bad(records) & (records.node < 0) & (records.status > 0))[:_LOOKED_INTO_MAX]
    texts = evidence.requests.texts(records.line_at[rows])
    named = [(text.detail or "").partition(MEANT_FOR)[2] == node for text in texts]
    found = np.zeros(len(records), np.bool_)
    found[rows[np.array(named, np.bool_)]] = True
    return found
