"""Whether the machine had room for what was run on it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Phase, Role
from harness.judge.codes import bad, count
from harness.judge.evidence import Evidence
from harness.judge.measures.saturation import Baseline, Saturation, held_up
from harness.judge.questions.coverage.gap import Gap
from harness.judge.words import counted, listed, was_were


def baseline_phase(evidence: Evidence, saturation: Saturation) -> Iterator[Gap]:
    """The time before anything was touched: long enough, quick enough and without a failure."""
    settings = evidence.settings
    baseline = saturation.baseline
    phase = Phase.BASELINE
    if not evidence.windows:
        return
    if baseline.duration_s < settings.baseline_s_min:
        yield Gap(
            f"The baseline lasted {baseline.duration_s:.1f} s (needed: {settings.baseline_s_min:g} s).", phase
        )
    if saturation.slow:
        yield Gap(
            f"There was no room: before anything was touched the p99 was {baseline.p99_ms:,.0f} ms (allowed: "
            f"{settings.baseline_p99_ms_max:g} ms); {_room(baseline)}.",
            phase,
        )
    if saturation.late:
        yield Gap(
            f"There was no room: before anything was touched probes left {baseline.lag_p99_ms:,.0f} ms late "
            f"at p99 (allowed: {settings.lag_p99_ms_max:g} ms); {_room(baseline)}.",
            phase,
        )
    if baseline.failures:
        lanes = listed(evidence.requests.lanes[number].lane for number, _ in baseline.failures)
        yield Gap(
            f"The baseline already fails: {counted(baseline.failed, 'request')} in {lanes}, before anything "
            "was touched.",
            phase,
            requests=baseline.failed,
        )


def _room(baseline: Baseline) -> str:
    """What was asked for, what came of it, and the way out."""
    due, answered, lasted_s = baseline.due, baseline.answered, baseline.duration_s
    rates = f" ({due / lasted_s:.1f} a second)", f" ({answered / lasted_s:.1f} a second)"
    return (
        f"of {counted(due, 'request')} due in its {lasted_s:.1f} s{rates[0]} {answered:,} "
        f"{was_were(answered)} answered in it{rates[1]}; lower the rates of probes and load, or use a larger "
        "machine"
    )


def reference(evidence: Evidence) -> Iterator[Gap]:
    """The known-good target, which has nothing to do but answer."""
    longest_ms_max = evidence.settings.lag_max_ms_max
    for number in evidence.lanes(Role.REFERENCE):
        lane, records = evidence.requests.lanes[number].lane, evidence.judged(number)
        failed = count(bad(records))
        if failed:
            yield Gap(
                f"{counted(failed, 'request')} to the reference target failed as well: the machine did that.",
                lane=lane,
                requests=failed,
            )
        slow = records.at(held_up(records, longest_ms_max) & ~bad(records))
        if len(slow):
            longest_ms = float((slow.end_ns - slow.intended_ns).max()) / 1e6
            yield Gap(
                f"{counted(len(slow), 'request')} to the reference target took up to {longest_ms:,.0f} ms "
                f"(allowed: {longest_ms_max:g} ms), though it has nothing to do but answer: the machine did "
                "that.",
                lane=lane,
                requests=len(slow),
            )
