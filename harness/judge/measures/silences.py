"""How long each lane was silent: without a success, and without a probe that could have seen one fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.evidence.names import Error
from harness.judge.evidence import Evidence
from harness.judge.measures.gaps import Gaps, without_probe, without_success

_FOREVER_NS = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Silence:
    """Of one lane, in the probed time; keys are phases, and None for all of it."""

    success_s_max: dict[str | None, float | None]
    """Longest stretch in which requests were due and none succeeded."""
    probe_s_max: dict[str | None, float | None]
    """Longest stretch between requests that were sent: a shorter outage may have gone unseen."""
    stalls: tuple[tuple[int, int], ...]
    """Start and end of each stretch without success over the budget."""
    budget_s: float
    """The stall budget: the judge's setting, else the lane's deadline."""
    gaps: Gaps
    """Every stretch in which requests were due and none succeeded."""


def silences(evidence: Evidence) -> tuple[Silence, ...]:
    """Silence of each lane, in the order of the lanes."""
    return tuple(_silence(evidence, number) for number in range(len(evidence.requests.lanes)))


def _silence(evidence: Evidence, number: int) -> Silence:
    """Requests never tried for want of a token do not count as due: the login that failed counts itself."""
    records = evidence.judged(number)
    no_token = records.error == evidence.error_code(Error.NO_TOKEN)
    success = without_success(records.at(~no_token) if no_token.any() else records)
    probes = without_probe(records, evidence.judged_start_ns, evidence.judged_end_ns)
    setting = evidence.settings.stall_budget_s
    budget_s = evidence.requests.lanes[number].deadline_s if setting is None else setting
    phases = dict.fromkeys(window.phase for window in evidence.windows)
    return Silence(
        success_s_max={phase: _longest_s(evidence, success, phase) for phase in (*phases, None)},
        probe_s_max={phase: _longest_s(evidence, probes, phase) for phase in (*phases, None)},
        stalls=tuple(success.longer_than(budget_s)),
        budget_s=budget_s,
        gaps=success,
    )


def _longest_s(evidence: Evidence, gaps: Gaps, phase: str | None) -> float | None:
    # A request due in the last phase may end after it, and so may the whole run's longest stretch.
    bounds = [(w.start_ns, w.end_ns) for w in evidence.windows if w.phase == phase]
    if phase is None:
        bounds = [(evidence.judged_start_ns, _FOREVER_NS)]
    longest = [length for bound in bounds if (length := gaps.longest_s(*bound)) is not None]
    return max(longest, default=None)
