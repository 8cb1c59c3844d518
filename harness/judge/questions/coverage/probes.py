"""Whether the probes left in time, and densely enough."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import Role
from harness.evidence.requests import Records
from harness.judge.codes import count, sent
from harness.judge.evidence import Evidence, due
from harness.judge.questions.coverage.gap import Gap
from harness.judge.questions.coverage.holes import lost_arrivals, scheduled_until_ns
from harness.judge.words import counted, listed

_CLAIM_SLACK = 1.1
"""How much more a generator may claim than its records show: percentiles can be interpolated otherwise."""


def lag(evidence: Evidence) -> Iterator[Gap]:
    """Lag as the records of the probed time show it, or as a footer claims where no record explains that."""
    judged = lags_ms([evidence.judged(number) for number in evidence.lanes(Role.PROBE)])
    lanes = evidence.lanes(Role.PROBE, Role.REFERENCE)
    recorded = lags_ms([evidence.requests.of(number) for number in lanes])
    footers = [file.footer for file in evidence.requests.files if file.footer]
    p99_ms = _worse(judged, recorded, [footer.lag_p99_ms for footer in footers], 99)
    max_ms = _worse(judged, recorded, [footer.lag_max_ms for footer in footers], 100)
    settings = evidence.settings
    if p99_ms > settings.lag_p99_ms_max or max_ms > settings.lag_max_ms_max:
        yield Gap(
            f"The load generator was starved: probes left up to {max_ms:,.0f} ms late, p99 {p99_ms:,.0f} ms "
            f"(allowed: {settings.lag_max_ms_max:g} and {settings.lag_p99_ms_max:g} ms); the machine did "
            "that, and Keystone is not charged for it."
        )


def lags_ms(lanes: list[Records]) -> NDArray[np.float32]:
    """How late each request left, of those that were sent."""
    lags = [((r.start_ns - r.intended_ns)[sent(r)] / 1e6).astype(np.float32) for r in lanes]
    return np.concatenate([np.empty(0, np.float32), *lags])


def _worse(
    judged: NDArray[np.float32], recorded: NDArray[np.float32], claims: list[float | None], percentile: float
) -> float:
    """A footer also counts the time before the first phase, when servers start and lag harms nobody; so its
    claim counts only where it is more than all records show: then records are lost.
    """
    shown = float(np.percentile(recorded, percentile)) if len(recorded) else 0.0
    lag_ms = float(np.percentile(judged, percentile)) if len(judged) else 0.0
    return max([lag_ms, *(claim for claim in claims if claim and claim > shown * _CLAIM_SLACK + 1)])


def phases(evidence: Evidence) -> Iterator[Gap]:
    """Probes per lane and phase; phases that the run never reached are the procedure's affair."""
    if not evidence.windows:
        yield Gap("No probed phase was begun, so no request can be charged to one.")
    least = evidence.settings.probes_per_phase_min
    for phase in dict.fromkeys(window.phase for window in evidence.windows):
        thin = {
            evidence.requests.lanes[number].lane: probes
            for number in evidence.lanes(Role.PROBE)
            if (probes := count(sent(evidence.in_phase(number, phase)))) < least
        }
        if thin:
            lanes = listed(f"{number} in {lane}" for lane, number in thin.items())
            yield Gap(
                f"The phase {phase} has too few probes: {lanes} (needed: {least} in each lane).", phase=phase
            )


def holes(evidence: Evidence) -> Iterator[Gap]:
    """Arrivals that stand in no record: neither sent nor unsent."""
    start_ns, end_ns = evidence.judged_start_ns, scheduled_until_ns(evidence)
    for number in evidence.lanes(Role.PROBE, Role.REFERENCE):
        lane = evidence.requests.lanes[number]
        if lane.rate_hz is None or end_ns <= start_ns:
            continue
        arrivals = due(evidence.judged(number), start_ns, end_ns).intended_ns
        lost, longest_s = lost_arrivals(arrivals, start_ns, end_ns, lane.rate_hz)
        if lost:
            yield Gap(
                f"{lane.lane} lost {counted(lost, 'arrival')}: its schedule has a hole of up to "
                f"{longest_s:.2f} s where a probe was due every {1 / lane.rate_hz:.2f} s.",
                lane=lane.lane,
                requests=lost,
            )
