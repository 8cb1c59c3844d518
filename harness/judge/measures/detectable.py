"""What outage the probes could not have missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.evidence.names import Role
from harness.judge.evidence import Evidence
from harness.judge.measures.gaps import without_any_probe
from harness.judge.measures.silences import Silence


@dataclass(frozen=True, slots=True)
class Detectable:
    """Shortest outages that the probes can not have missed, in seconds; None without probes."""

    lane_s: float | None
    """Of the least densely probed lane alone."""
    whole_s: float | None
    """Of every lane at once."""


def detectable(evidence: Evidence, silences: Sequence[Silence]) -> Detectable:
    """What the probes of the probed time could see."""
    lanes = [n for n in evidence.lanes(Role.PROBE) if len(evidence.judged(n))]
    longest = [silences[number].probe_s_max[None] for number in lanes]
    probes = [evidence.judged(number) for number in lanes]
    return Detectable(
        lane_s=max((length for length in longest if length is not None), default=None),
        whole_s=without_any_probe(probes, evidence.judged_start_ns, evidence.judged_end_ns),
    )
