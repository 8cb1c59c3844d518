"""How many requests were due, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable

from harness.evidence.names import Role
from harness.judge.codes import FAILED, UNKNOWN, UNSENT, bad, count
from harness.judge.evidence import Evidence
from harness.judge.model import Counts, LaneStats, RequestCounts


def counts(evidence: Evidence) -> RequestCounts:
    """How many requests were due in the probed time, and what became of them; reference lanes left out."""
    requests = failed = unknown = unsent = everything = all_bad = 0
    for lane in evidence.lanes():
        outcome = evidence.judged(lane).outcome
        requests += len(outcome)
        failed += count(outcome == FAILED)
        unknown += count(outcome == UNKNOWN)
        unsent += count(outcome == UNSENT)
        everything += len(evidence.requests.of(lane))
        all_bad += count(bad(evidence.requests.of(lane)))
    return RequestCounts(
        requests,
        failed,
        unknown,
        unsent,
        not_judged=everything - requests,
        not_judged_failed=all_bad - failed - unknown,
    )


def phase_counts(lanes: Iterable[LaneStats]) -> dict[str, Counts]:
    """The requests of each phase, by phase in the order of the procedure; the reference's pings left out."""
    phases: dict[str, list[LaneStats]] = {}
    for stats in lanes:
        if stats.phase is not None and stats.role is not Role.REFERENCE:
            phases.setdefault(stats.phase, []).append(stats)
    return {phase: _sum(members) for phase, members in phases.items()}


def _sum(lanes: Iterable[LaneStats]) -> Counts:
    columns = zip(*((each.requests, each.failed, each.unknown, each.unsent) for each in lanes), strict=True)
    return Counts(*map(sum, columns))


def reference_counts(evidence: Evidence) -> Counts:
    """The pings of the known-good target that were due in the probed time."""
    outcomes = [evidence.judged(number).outcome for number in evidence.lanes(Role.REFERENCE)]
    failed, unknown, unsent = (sum(count(o == code) for o in outcomes) for code in (FAILED, UNKNOWN, UNSENT))
    return Counts(sum(map(len, outcomes)), failed, unknown, unsent)
