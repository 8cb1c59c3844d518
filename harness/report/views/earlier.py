"""A run beside earlier ones, figure by figure."""

from __future__ import annotations

from harness.judge.model import Judgement, Verdict
from harness.judge.observations import FigureChange
from harness.judge.questions.regression import amount, span, what
from harness.report.text import NONE, one_line
from harness.report.views.rows import Row, data_attributes

EARLIER_COLUMNS = ("Figure", "Where", "This run", "Earlier runs", "Expected under (95 %)", "p", "")


def earlier_rows(judgement: Judgement) -> list[Row]:
    """The figures of the whole run, and those of a phase and lane that became worse."""
    return [_row(each) for each in judgement.regressions if each.lane is None or each.worse]


def _row(each: FigureChange) -> Row:
    where = f"{one_line(each.phase)}, {one_line(each.lane)}" if each.lane else "whole run"
    cells = (
        what(each),
        where,
        amount(each, each.value),
        span(each),
        amount(each, each.bound),
        NONE if each.p_value is None else f"{each.p_value:.2g}",
        "not tested" if each.p_value is None else "worse" if each.worse else "not shown to be worse",
    )
    data = data_attributes(measure=each.measure, phase=each.phase, lane=each.lane)
    return Row(cells, data, Verdict.FAIL if each.worse else None)
