"""The comparison as one HTML page that needs nothing but itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.compare.answer import Answered, Conclusion
from harness.compare.comparison import ArmsComparison, Compared, ComparedLatency
from harness.compare.dots import draw_dots
from harness.compare.figures import METRICS, Metric, Unit
from harness.compare.measured import Measured
from harness.compare.pictures import Timelines, timelines
from harness.compare.text import difference_words, figure_words, interval_words, mean_words, p_words, signed
from harness.judge.measures.bins import SAMPLES_MIN
from harness.report.palette import style_sheet
from harness.report.text import NONE, counted, one_line, printable
from harness.report.views.rows import Row

_TONES = {
    Conclusion.YES: "PASS",
    Conclusion.NO: "FAIL",
    Conclusion.NOT_ENOUGH: "INCONCLUSIVE",
    Conclusion.NO_DIFFERENCE: "INCONCLUSIVE",
}
"""How the page is coloured; an answer is no verdict, and its words stand beside the colour."""
_LATENCY = Metric("latency", "Latency", Unit.MILLISECONDS, "", lambda _: None)


@dataclass(frozen=True, slots=True)
class _Line:
    """One arm under the dots of a figure."""

    arm: str
    mean: str
    difference: str
    p: str


@dataclass(frozen=True, slots=True)
class _FigureView:
    """One figure: dots, means, differences."""

    key: str
    title: str
    explained: str
    decides: bool
    dots: Markup
    lines: tuple[_Line, ...]


@dataclass(frozen=True, slots=True)
class _ArmView:
    name: str
    description: str
    runs: str
    settings: tuple[tuple[str, str], ...]
    outage: str
    failed: str


@dataclass(frozen=True, slots=True)
class _RunView:
    cells: tuple[str, ...]
    href: str | None
    name: str
    verdict: str


def render_page(comparison: ArmsComparison, answered: Answered, notes: Sequence[str], folder: Path) -> str:
    """The page, with its pictures within it; every name from a run's files is shown as text.

    Args:
        comparison: what was compared.
        answered: the sentence at the top.
        notes: what to know before believing the figures.
        folder: where the page will lie; reports of runs near it are linked.
    """
    names = [one_line(arm.name) for arm in comparison.arms.arms]
    return (
        _environment()
        .get_template("compare.html.j2")
        .render(
            tone=_TONES[answered.answer],
            question=one_line(answered.question),
            answer=answered.answer.value,
            sentence=printable(answered.sentence),
            arms=_arm_views(comparison),
            first=names[0],
            figures=[_figure_view(each, names) for each in comparison.compared],
            timelines=[_timeline_view(each) for each in timelines(comparison)],
            latency_columns=_latency_columns(names),
            latency_rows=[_latency_row(each) for each in comparison.latency],
            run_columns=tuple(_titled(metric) for metric in METRICS),
            runs=list(_run_views(comparison, folder)),
            notes=[printable(note) for note in notes],
            samples_min=SAMPLES_MIN,
            colours=Markup(style_sheet()),  # noqa: S704 - a constant of the palette
        )
    )


@cache
def _environment() -> Environment:
    """Templates are compiled once: that is half of what a page costs."""
    return Environment(
        loader=ChoiceLoader([PackageLoader("harness.compare"), PackageLoader("harness.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _arm_views(comparison: ArmsComparison) -> list[_ArmView]:
    outage, failed = comparison.of("outage_s"), comparison.of("failed")
    return [
        _ArmView(
            name=one_line(arm.name),
            description=printable(arm.description),
            runs=counted(len(arm.runs), "run"),
            settings=arm.settings,
            outage=_mean(outage, number),
            failed=_mean(failed, number),
        )
        for number, arm in enumerate(comparison.arms.arms)
    ]


def _mean(compared: Compared, number: int) -> str:
    summary = compared.summaries[number]
    return NONE if summary is None else figure_words(compared.metric, summary.mean)


def _figure_view(compared: Compared, names: Sequence[str]) -> _FigureView:
    metric = compared.metric
    against = (None, *compared.against)
    return _FigureView(
        key=metric.key,
        title=metric.title,
        explained=metric.explained,
        decides=compared.is_primary,
        # Drawn by this package, text in it escaped there.
        dots=Markup(draw_dots(compared, names)),  # noqa: S704
        lines=tuple(
            _Line(
                arm=name,
                mean=mean_words(metric, summary),
                difference=difference_words(metric, other) if other else "",
                p=p_words(other) if other else "",
            )
            for name, summary, other in zip(names, compared.summaries, against, strict=True)
        ),
    )


def _timeline_view(stretch: Timelines) -> dict[str, object]:
    return {
        "name": stretch.name,
        "title": stretch.title,
        "caption": stretch.caption,
        "pictures": [
            # Drawn by the report, text in it escaped there.
            (one_line(title), Markup(picture.inline))  # noqa: S704
            for title, picture in stretch.pictures
        ],
    }


def _latency_columns(names: Sequence[str]) -> tuple[str, ...]:
    differences = (f"{name} minus {names[0]}" for name in names[1:])
    return ("Phase", "Percentile", *(f"{name}, ms" for name in names), *differences, "Fewest probes")


def _latency_row(latency: ComparedLatency) -> Row:
    means = (mean_words(_LATENCY, summary) for summary in latency.summaries)
    differences = (
        NONE if each is None else signed(_LATENCY, each.estimate) + interval_words(_LATENCY, each.interval)
        for each in latency.differences
    )
    cells = (latency.phase, latency.percentile, *means, *differences, f"{min(latency.probes):,}")
    return Row(cells, {"phase": latency.phase, "percentile": latency.percentile})


def _titled(metric: Metric) -> str:
    return f"{metric.title}, {metric.unit}" if metric.unit else metric.title


def _run_views(comparison: ArmsComparison, folder: Path) -> Iterator[_RunView]:
    for arm, typical in zip(comparison.arms.arms, comparison.typical, strict=True):
        for run in arm.runs:
            mark = f"{one_line(arm.name)}, typical" if run is typical else one_line(arm.name)
            cells = (mark, *(figure_words(metric, metric.of(run.figures)) for metric in METRICS))
            yield _RunView(cells, _href(run, folder), one_line(run.name), run.judgement.verdict.value)


def _href(run: Measured, folder: Path) -> str | None:
    """The run's own report where it lies in the same folder of reports; a path to elsewhere helps nobody."""
    report = run.path / "report.html"
    together = folder.resolve().parent.parent
    if not report.is_file() or not report.is_relative_to(together):
        return None
    return Path(os.path.relpath(report, folder.resolve())).as_posix()
