"""Did answers become slower than in the baseline?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.evidence.names import Phase, Role
from harness.judge.case import Case
from harness.judge.model import Finding, Question, Verdict
from harness.judge.observations import Change, Impact, SlowStretch
from harness.judge.questions.answer import answer
from harness.judge.timeline import phase_at, step_at
from harness.judge.words import counted, listed
from harness.statistics.least import EFFECTIVE_MIN
from harness.statistics.twosample import Interval

NAME = "impact"
_MACHINE = "; the reference target became as slow then, so the machine may have done it"


def asked(case: Case) -> bool:
    """Whether the scenario has the section; runs made before it are judged as before."""
    return case.impact_bounds is not None


def judge(case: Case) -> Question:
    """FAIL for each stretch of slow answers, and for each lane and phase that became slower or had more
    outliers, by the tests of `judge.impact`.

    A lane with too few samples in a phase is told as low power, INCONCLUSIVE; so is what the known-good
    target shows as well. Advisory unless the scenario says otherwise.
    """
    bounds = case.impact_bounds
    advisory = bounds is None or bounds.advisory
    return replace(answer(NAME, _findings(case), [_unchanged(case)]), advisory=advisory)


def _findings(case: Case) -> Iterator[Finding]:
    if Phase.BASELINE not in {window.phase for window in case.evidence.windows}:
        yield _open("There is no baseline, so nothing can be compared with it.")
        return
    if case.saturation.throughout:
        yield _open(
            "Nothing can be compared with the baseline: the machine had no room for the load even before the "
            "upgrade began."
        )
        return
    rows = case.impacts
    comparisons = 2 * sum(row.change is not Change.LOW_POWER for row in rows)
    for row in rows:
        if row.change is Change.SLOWER:
            yield _finding(row, _slower(row), comparisons)
        elif row.change is Change.OUTLIERS:
            yield _finding(row, _outliers(row), comparisons)
    for stretch in case.slow_stretches:
        yield _stretch(case, stretch)
    yield from _low_power(case)
    if not case.evidence.completed:
        yield _open("The run did not complete: of the rest of the upgrade nothing is known.")


def _open(sentence: str, phase: str | None = None) -> Finding:
    return Finding(sentence, Verdict.INCONCLUSIVE, phase=phase)


def _stretch(case: Case, stretch: SlowStretch) -> Finding:
    """Answers that come late together are the signal that a comparison of whole phases takes for noise."""
    step = step_at(case.evidence.timeline, stretch.start_ns)
    machine = _MACHINE if stretch.reference_as_well else ""
    return Finding(
        f"Answers were slow for {(stretch.end_ns - stretch.start_ns) / 1e9:.2f} s, from "
        f"{case.evidence.seconds(stretch.start_ns)}: {stretch.slow:,} of "
        f"{counted(stretch.requests, 'request')} took over {_limits(stretch)} in {listed(stretch.lanes)}, "
        f"the slowest {stretch.slowest_ms / 1e3:.2f} s; the baseline's longest such stretch was "
        f"{stretch.baseline_s:.2f} s ({_p(stretch.p_value)} at most){machine}.",
        Verdict.INCONCLUSIVE if stretch.reference_as_well else Verdict.FAIL,
        phase=phase_at(case.evidence.windows, stretch.start_ns),
        step=step.step if step else None,
        node=step.node if step else None,
        lane=stretch.lanes[0] if len(stretch.lanes) == 1 else None,
        start_ns=stretch.start_ns,
        end_ns=stretch.end_ns,
        uncertainty_ns=stretch.uncertainty_ns,
        requests=stretch.slow,
        lanes=stretch.lanes,
    )


def _limits(stretch: SlowStretch) -> str:
    low, high = (f"{limit:,.0f}" for limit in stretch.limit_ms)
    return f"{low} ms" if low == high else f"{low} to {high} ms"


def _finding(row: Impact, told: tuple[str, float], comparisons: int) -> Finding:
    sentence, p_value = told
    machine = _MACHINE if row.reference_as_well else ""
    return Finding(
        f"{sentence} ({_p(p_value)} after correction for {counted(comparisons, 'comparison')}){machine}.",
        Verdict.INCONCLUSIVE if row.reference_as_well else Verdict.FAIL,
        phase=row.phase,
        lane=row.lane,
        requests=row.samples,
    )


def _slower(row: Impact) -> tuple[str, float]:
    assert row.shift_ms and row.superiority and row.p_value is not None  # noqa: S101, PT018 - compared
    more = row.superiority
    return (
        f"{row.lane} was slower in phase {row.phase}: answers took {_ms(row.shift_ms)} longer, the "
        f"median {row.median_ms:,.0f} ms instead of {row.baseline_median_ms:,.0f} ms; an answer took longer "
        f"than one of the baseline {more.estimate:.0%} of the time ({more.low:.0%} to {more.high:.0%}); "
        f"{row.samples:,} answers against {row.baseline_samples:,}"
    ), row.p_value


def _outliers(row: Impact) -> tuple[str, float]:
    assert row.limit_ms is not None  # noqa: S101 - compared
    assert row.tail_p_value is not None  # noqa: S101 - compared
    return (
        f"{row.lane} had outliers in phase {row.phase}: {row.over:,} of {counted(row.samples, 'answer')} "
        f"took over {row.limit_ms:,.0f} ms, in the baseline {row.baseline_over:,} of {row.baseline_samples:,}"
    ), row.tail_p_value


def _ms(interval: Interval) -> str:
    return f"{interval.estimate:,.0f} ms (95 % sure: {interval.low:,.0f} to {interval.high:,.0f} ms)"


def _p(value: float) -> str:
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.2g}"


def _low_power(case: Case) -> Iterator[Finding]:
    """A sentence a phase: which lanes say nothing of it."""
    bounds = case.impact_bounds
    least = bounds.samples_min if bounds else 0
    rows = case.impacts
    for phase in dict.fromkeys(row.phase for row in rows):
        thin = [row for row in rows if row.phase == phase and row.change is Change.LOW_POWER]
        if thin:
            fewest = min(row.samples for row in thin)
            most = max(row.samples for row in thin)
            number = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
            yield _open(
                f"Low power in phase {phase}: {listed(row.lane for row in thin)} with {number} answers can "
                f"not be compared with the baseline (needed on each side: {least}, of which "
                f"{EFFECTIVE_MIN:g} independent of their neighbours).",
                phase,
            )


def _unchanged(case: Case) -> Finding:
    bounds, rows = case.impact_bounds, case.impacts
    if not rows or bounds is None:
        return _open("No phase but the baseline was probed, so nothing could be compared with it.")
    lanes = len(case.evidence.lanes(Role.PROBE))
    phases = len({row.phase for row in rows})
    faster = sum(row.change is Change.FASTER for row in rows)
    quicker = f"; {counted(faster, 'comparison')} found answers quicker" if faster else ""
    return Finding(
        f"In {counted(lanes, 'lane')} and {counted(phases, 'phase')} no latency differs from the baseline "
        f"by more than {bounds.floor_ms:g} ms and {bounds.floor_ratio:g} times, in its middle or among the "
        f"slowest, and no slow answers came together for longer than chance explains{quicker}.",
        Verdict.PASS,
    )
