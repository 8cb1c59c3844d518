"""Whether failures follow the release that answered, whatever was being done to which node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.evidence.requests import Records
from harness.judge.codes import OK, count
from harness.judge.evidence import Evidence, due
from harness.judge.measures.charged import ChargedFailures

_FAILED_MIN = 5
_ANSWERED_MIN = 10
"""Fewer answers of the other release would not have shown that it does better."""


@dataclass(frozen=True, slots=True)
class Following:
    """Every charged failure was answered by one release, and the other answered the same lanes well."""

    release: str
    nodes: tuple[str, ...]
    """Two at least: of one alone it may be the node."""
    failed: int
    other: str
    answered: int
    """Requests that the other release answered well meanwhile, in the same lanes."""
    lanes: tuple[str, ...]


def following(evidence: Evidence, failures: ChargedFailures) -> Following | None:
    """Look at every charged failure of the run; None where not all of them follow one release.

    One failure that no node answered, or that another release did, and nothing is said: a rule that holds but
    for some is none.
    """
    failed = [(failure.lane, failures.failed(failure)) for failure in failures.charged]
    records = Records.joined([part for _, part in failed])
    releases, nodes = set(records.release.tolist()), set(records.node.tolist())
    if len(records) < _FAILED_MIN or len(releases) != 1 or len(nodes) < 2 or min(*releases, *nodes) < 0:
        return None
    (release,) = releases
    lanes = sorted({lane for lane, _ in failed})
    span_ns = int(records.intended_ns.min()), int(records.intended_ns.max()) + 1
    others = {
        code: _well(evidence, lanes, code, span_ns)
        for code in range(len(evidence.requests.releases))
        if code != release
    }
    other = max(others, key=lambda code: others[code], default=None)
    if other is None or others[other] < _ANSWERED_MIN:
        return None
    return Following(
        release=evidence.requests.releases[release],
        nodes=tuple(sorted(evidence.requests.nodes[node] for node in nodes)),
        failed=len(records),
        other=evidence.requests.releases[other],
        answered=others[other],
        lanes=tuple(evidence.requests.lanes[lane].lane for lane in lanes),
    )


def _well(evidence: Evidence, lanes: Sequence[int], release: int, span_ns: tuple[int, int]) -> int:
    """What a release answered well from the first failure to the last: a release that served before or after
    was not asked the same.
    """
    meanwhile = (due(evidence.requests.of(lane), *span_ns) for lane in lanes)
    return sum(count(np.asarray((r.release == release) & (r.outcome == OK))) for r in meanwhile)
