"""The matrix of continuity: what was made on one release against who was to honour it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.evidence.continuity import COHORT_CHECKS, OLD_DATA_CHECKS, Cell, CellOutcome, Check
from harness.judge.continuity import TITLES, Direction, direction, place_words
from harness.judge.model import Judgement, Verdict
from harness.report.text import NONE, RunTimes, count, one_line, seconds, words
from harness.report.views.rows import Row, data_attributes

LINES_MAX = 4
"""Cells that one field of the matrix spells out; all of them stand in the table below it."""
_NOT_KNOWN = "release not known"
_VERDICTS: Mapping[str, Verdict] = {
    CellOutcome.OK: Verdict.PASS,
    CellOutcome.BROKEN: Verdict.FAIL,
    CellOutcome.UNKNOWN: Verdict.INCONCLUSIVE,
}
_SHAPES: Mapping[str, str] = {
    CellOutcome.OK: "\N{CHECK MARK}",
    CellOutcome.BROKEN: "\N{BALLOT X}",
    CellOutcome.UNKNOWN: "?",
}
_Variant = tuple[str, bool | None]


@dataclass(frozen=True, slots=True)
class FieldView:
    """All cells of one check in one direction."""

    verdict: Verdict
    word: str
    """`ok`, `broken: 1 of 4`, ..."""
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One check."""

    title: str
    data: Mapping[str, str]
    fields: tuple[FieldView | None, ...]
    """One a column; None where nothing was looked for."""


@dataclass(frozen=True, slots=True)
class ContinuityView:
    """The matrix, and each of its cells as a row."""

    columns: tuple[str, ...]
    matrix: tuple[MatrixRow, ...]
    cells: tuple[Row, ...]
    summary: str
    is_bad: bool


def continuity_view(judgement: Judgement, times: RunTimes) -> ContinuityView | None:
    """None where the run was not asked and has no such evidence."""
    cells = judgement.continuity
    if not cells and all(question.name != "continuity" for question in judgement.questions):
        return None
    by_column: dict[str, dict[_Variant, list[Cell]]] = {}
    for cell in cells:
        column = by_column.setdefault(_column(cell, judgement), {})
        column.setdefault((cell.check, cell.cached), []).append(cell)
    order = [*(_releases(each, judgement) for each in Direction), _NOT_KNOWN]
    columns = tuple(dict.fromkeys(name for name in order if name in by_column))
    variants = sorted({(cell.check, cell.cached) for cell in cells}, key=_place)
    matrix = tuple(
        MatrixRow(
            _title(variant),
            data_attributes(check=variant[0], cached=variant[1]),
            tuple(_field(by_column[column].get(variant, ()), times) for column in columns),
        )
        for variant in variants
    )
    bad = sum(cell.outcome != CellOutcome.OK for cell in cells)
    return ContinuityView(
        columns,
        matrix,
        tuple(_row(cell, times) for cell in cells),
        f"{count(len(cells))} checks, {count(bad) if bad else 'none'} broken or unknown",
        bool(bad),
    )


def _column(cell: Cell, judgement: Judgement) -> str:
    towards = direction(cell, judgement.manifest)
    return _NOT_KNOWN if towards is None else _releases(towards, judgement)


def _releases(towards: Direction, judgement: Judgement) -> str:
    versions = {"old": judgement.manifest.from_.version, "new": judgement.manifest.to.version}
    return " \N{RIGHTWARDS ARROW} ".join(one_line(versions[side]) for side in towards.split(" -> "))


def _place(variant: _Variant) -> tuple[int, str, bool]:
    """The order of the report; strangers, of a newer harness, last."""
    order = [str(check) for check in Check]
    check, cached = variant
    return (order.index(check) if check in order else len(order), check, cached is False)


def _title(variant: _Variant) -> str:
    check, cached = variant
    title = TITLES.get(check) or words(check)
    return title if cached is None else f"{title}, {'cached' if cached else 'not cached'}"


def _field(cells: Sequence[Cell], times: RunTimes) -> FieldView | None:
    if not cells:
        return None
    order = (CellOutcome.BROKEN, CellOutcome.UNKNOWN, CellOutcome.OK)
    worst = next((each for each in order if any(cell.outcome == each for cell in cells)), CellOutcome.UNKNOWN)
    number = sum(cell.outcome == worst for cell in cells)
    word = str(worst) if number == len(cells) else f"{worst}: {count(number)} of {count(len(cells))}"
    shown = sorted(cells, key=lambda cell: (cell.outcome != worst, cell.mono_ns))
    lines = [_line(cell, times) for cell in shown[:LINES_MAX]]
    if len(cells) > LINES_MAX:
        lines.append(f"and {count(len(cells) - LINES_MAX)} more")
    return FieldView(_VERDICTS.get(worst, Verdict.INCONCLUSIVE), word, tuple(lines))


def _line(cell: Cell, times: RunTimes) -> str:
    arrow = "\N{RIGHTWARDS ARROW}"
    where = f"{one_line(cell.made_at.node)} {arrow} {one_line(cell.checked_at.node)}"
    if cell.check in COHORT_CHECKS or cell.check in OLD_DATA_CHECKS:
        where = f"{words(cell.phase)}: {where}"
    took = "" if cell.took_s is None else f", in {seconds(cell.took_s)}"
    return f"{where} at {times.at(cell.mono_ns)}{took}"


def _row(cell: Cell, times: RunTimes) -> Row:
    cells = (
        times.at(cell.mono_ns),
        words(cell.phase),
        _title((cell.check, cell.cached)),
        one_line(place_words(cell.made_at)),
        one_line(place_words(cell.checked_at)),
        f"{_SHAPES.get(cell.outcome, '?')} {one_line(cell.outcome)}",
        seconds(cell.took_s),
        one_line(cell.detail or NONE),
        one_line(cell.request_id or NONE),
    )
    data = data_attributes(phase=cell.phase, check=cell.check, outcome=cell.outcome)
    return Row(cells, data, None if cell.outcome == CellOutcome.OK else _VERDICTS.get(cell.outcome))
