"""The report as one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.judge.model import Judgement
from harness.report.explore.data import explore_data
from harness.report.explore.embed import data_element, program
from harness.report.explore.failures import Lines
from harness.report.palette import style_sheet
from harness.report.picture import Picture
from harness.report.text import RunTimes, one_line, printable
from harness.report.views.beside import beside
from harness.report.views.continuity import continuity_view
from harness.report.views.earlier import EARLIER_COLUMNS, earlier_rows
from harness.report.views.gate import BUDGET_COLUMNS, gate_view
from harness.report.views.key_figures import key_figures
from harness.report.views.outages import (
    MORE_COLUMNS,
    OUTAGES_IN_FULL,
    left_out_words,
    outage_rows,
    outage_views,
)
from harness.report.views.phases import LANE_COLUMNS, phase_views
from harness.report.views.procedure import migration_rows, roll_table, step_rows, version_rows
from harness.report.views.questions import question_views
from harness.report.views.run import facts, run_line
from harness.report.views.verdict import why
from harness.report.views.writes import WRITE_COLUMNS, write_rows


def render_page(judgement: Judgement, pictures: Sequence[Picture], lines: Lines | None = None) -> str:
    """The page, with the pictures within it. Everything that came from a server is shown as text.

    `lines` is what the logs say of requests without success.
    """
    times = RunTimes(judgement)
    shown = outage_views(judgement, times)
    roll_columns, roll_rows = roll_table(judgement)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            verdict=judgement.verdict.value,
            headline=printable(judgement.headline),
            why=why(judgement),
            run_line=run_line(judgement),
            key_figures=key_figures(judgement),
            questions=question_views(judgement, times),
            # The only markup not written by the templates: drawn by this package, text in it escaped there.
            pictures=[
                (picture.name, picture.title, picture.caption, Markup(picture.inline))  # noqa: S704
                for picture in pictures
            ],
            outages=shown[:OUTAGES_IN_FULL],
            more_outages=outage_rows(shown[OUTAGES_IN_FULL:]),
            more_outage_columns=MORE_COLUMNS,
            outages_left_out=left_out_words(judgement.downtime),
            gate=gate_view(judgement),
            budget_columns=BUDGET_COLUMNS,
            earlier_columns=EARLIER_COLUMNS,
            earlier=earlier_rows(judgement),
            write_columns=WRITE_COLUMNS,
            writes=write_rows(judgement),
            phases=phase_views(judgement),
            lane_columns=LANE_COLUMNS,
            roll_columns=roll_columns,
            roll_rows=roll_rows,
            steps=step_rows(judgement, times),
            migrations=migration_rows(judgement, times),
            versions=version_rows(judgement, times),
            continuity=continuity_view(judgement, times),
            beside=beside(judgement, times),
            facts=facts(judgement),
            limits=[one_line(limit) for limit in judgement.limits],
            program=program("report.js"),
            explore_data=data_element(explore_data(judgement, lines or Lines({}, {}))),
            colours=Markup(style_sheet()),  # noqa: S704 - a constant of the palette
        )
    )


@cache
def _environment() -> Environment:
    """Templates are compiled once: that is half of what a page costs."""
    return Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
