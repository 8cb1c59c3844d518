"""The timelines of a typical run of each arm, to be put one above the other on the same scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.compare.comparison import ArmsComparison
from harness.evidence.names import Phase
from harness.judge.model import Judgement
from harness.report.panels.canvas import Window, probed_ns
from harness.report.picture import Picture, draw_beside

_MARGIN_NS = 1_000_000_000
_SECOND_NS = 1_000_000_000
_LATENCY_MS_LEAST = (1.0, 100.0)
"""Shown at least, so that quick answers fill no whole axis."""


@dataclass(frozen=True, slots=True)
class Timelines:
    """One stretch of the procedure, drawn for each arm."""

    name: str
    title: str
    caption: str
    pictures: tuple[tuple[str, Picture], ...]
    """What stands over each picture, and the picture."""


def timelines(comparison: ArmsComparison) -> tuple[Timelines, ...]:
    """The roll, and the whole of the probed time, of the typical run of each arm."""
    judgements = [run.judgement for run in comparison.typical]
    titles = [
        f"{arm.name}: {run.name}, {run.judgement.verdict}"
        for arm, run in zip(comparison.arms.arms, comparison.typical, strict=True)
    ]
    rolls = [_roll_ns(judgement) for judgement in judgements]
    latency_ms = _latency_ms(judgements)
    made = [
        Timelines(
            "whole",
            "The whole run",
            "Each begins with its baseline.",
            _drawn(
                "whole",
                titles,
                judgements,
                [probed_ns(each) for each in judgements],
                latency_ms,
                "the baseline began",
            ),
        )
    ]
    if all(roll is not None for roll in rolls):
        known = [roll for roll in rolls if roll is not None]
        made.insert(
            0,
            Timelines(
                "roll",
                "The roll",
                "Each begins with the roll of its first node.",
                _drawn("roll", titles, judgements, known, latency_ms, "the roll began"),
            ),
        )
    return tuple(made)


def _drawn(
    name: str,
    titles: Sequence[str],
    judgements: Sequence[Judgement],
    stretches_ns: Sequence[tuple[int, int]],
    latency_ms: tuple[float, float],
    since: str,
) -> tuple[tuple[str, Picture], ...]:
    """All as long as the longest, so that a centimetre is as many seconds everywhere."""
    longest_ns = max(max(end_ns - start_ns for start_ns, end_ns in stretches_ns), _SECOND_NS)
    return tuple(
        (
            title,
            draw_beside(
                judgement,
                f"{name}-{number}",
                title,
                Window(start_ns - _MARGIN_NS, start_ns + longest_ns + _MARGIN_NS, start_ns),
                axis=f"seconds since {since}",
                latency_ms=latency_ms,
            ),
        )
        for number, (title, judgement, (start_ns, _)) in enumerate(
            zip(titles, judgements, stretches_ns, strict=True)
        )
    )


def _roll_ns(judgement: Judgement) -> tuple[int, int] | None:
    span = next(
        (span for span in judgement.timeline.phases if span.phase == Phase.ROLL and span.edge != "skip"), None
    )
    return None if span is None else (span.start_ns, span.end_ns)


def _latency_ms(judgements: Sequence[Judgement]) -> tuple[float, float]:
    """From below the quickest to above the slowest answer of all of them."""
    low_ms, high_ms = _LATENCY_MS_LEAST
    return min([low_ms, *_edge(judgements, "min")]) * 0.7, (max([high_ms, *_edge(judgements, "max")]) * 1.5)


def _edge(judgements: Sequence[Judgement], which: str) -> Iterator[float]:
    for judgement in judgements:
        values = judgement.series.answers["latency_ms"].astype(float)
        if len(values):
            # As the panel draws it: a log scale has no zero.
            yield max(float(values.agg(which)), 0.1)
