"""The matrix of continuity on the page."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from harness.evidence.continuity import Cell, CellOutcome, Check, Place
from harness.judge.model import Judgement
from tests.report import stories
from tests.report.html_page import text_page
from tests.report.stories import NEW, OLD, at
from tests.report.test_page_safety import HOSTILE

ARROW = "\N{RIGHTWARDS ARROW}"


def _cell(second: float, check: str, made: str, checked: str, outcome: str = "ok", **more: object) -> Cell:
    release = {"node1": NEW, "node2": OLD, "node3": OLD}
    cell = Cell(
        mono_ns=at(second),
        phase="roll",
        step="check_continuity",
        check=check,
        made_at=Place(made, release[made]),
        checked_at=Place(checked, release[checked]),
        cached=None,
        outcome=cast(CellOutcome, outcome),  # hostile in one test, which the reader would refuse
        took_s=None,
        detail=None,
        request_id=f"req-{second}",
    )
    return replace(cell, **more)  # type: ignore[arg-type]


def _checked() -> Judgement:
    cells = (
        _cell(85.0, Check.TOKEN_VALIDATES, "node2", "node1", cached=True),
        _cell(85.1, Check.TOKEN_VALIDATES, "node2", "node1", "broken", cached=False, detail="answered 404"),
        _cell(85.2, Check.TOKEN_VALIDATES, "node1", "node2", cached=True),
        _cell(85.3, Check.OLD_PASSWORD_REFUSED, "node1", "node2", took_s=0.31),
        _cell(85.4, Check.OLD_PASSWORD_REFUSED, "node1", "node3", "unknown", detail="did not answer"),
        _cell(85.5, Check.COHORT_LOGIN, "node2", "node3", phase="contract", step="check_cohort"),
        *(_cell(86.0 + n, Check.COHORT_TOKEN, "node2", "node3", step="check_cohort") for n in range(6)),
    )
    return replace(stories.drained(), continuity=cells)


def test_each_check_stands_in_its_direction_with_word_time_and_both_nodes() -> None:
    text = text_page(_checked()).text

    matrix = text[text.index("Each check in each direction") : text.index("Every check")]
    assert f"What ought to be so {OLD} {ARROW} {NEW} {NEW} {ARROW} {OLD} {OLD} {ARROW} {OLD}" in matrix
    assert (
        f"A token validates, cached ok node2 {ARROW} node1 at 85.00 s ok node1 {ARROW} node2 at 85.20 s "
        f"not looked for A token validates, not cached broken node2 {ARROW} node1 at 85.10 s"
    ) in matrix
    assert (
        f"The password before it is refused not looked for unknown: 1 of 2 node1 {ARROW} node3 at 85.40 s "
        f"node1 {ARROW} node2 at 85.30 s, in 0.31 s"
    ) in matrix
    assert (
        f"A user of the baseline logs in not looked for not looked for ok contract: node2 {ARROW}" in matrix
    )


def test_outcomes_differ_in_shape_and_word_and_not_in_colour_alone() -> None:
    page = text_page(_checked())

    outcomes = {a["data-outcome"] for tag, a in page.tags if tag == "td" and "data-outcome" in a}
    assert outcomes == {"PASS", "FAIL", "INCONCLUSIVE"}
    for shape in ("\N{CHECK MARK} ok", "\N{BALLOT X} broken", "? unknown"):
        assert shape in page.text


def test_a_field_with_many_cells_shows_the_first_and_the_table_all() -> None:
    page = text_page(_checked())

    assert "and 2 more" in page.text
    rows = [a for tag, a in page.tags if tag == "tr" and a.get("data-check") == "cohort_token"]
    assert len([a for a in rows if "data-outcome" in a]) == 6
    assert "12 checks, 2 broken or unknown" in page.text
    assert "node2 (27.1.0) node1 (29.1.0) \N{BALLOT X} broken \N{EM DASH} answered 404 req-85.1" in page.text


def test_a_run_that_was_not_asked_has_no_such_part() -> None:
    story = stories.drained()
    questions = tuple(question for question in story.questions if question.name != "continuity")

    page = text_page(replace(story, questions=questions))

    assert "Continuity across releases" not in page.text
    assert "#continuity" not in [a.get("href") for _, a in page.tags]


def test_a_run_that_was_asked_and_checked_nothing_says_so() -> None:
    assert "No check was made." in text_page(stories.drained()).text


def test_hostile_text_in_a_cell_is_shown_as_text() -> None:
    place = Place(HOSTILE, HOSTILE)
    cell = replace(
        _cell(85.0, HOSTILE, "node2", "node1", HOSTILE, detail=HOSTILE, request_id=HOSTILE, phase=HOSTILE),
        made_at=place,
        checked_at=place,
    )

    page = text_page(replace(stories.drained(), continuity=(cell,)))

    assert [a for tag, a in page.tags if tag == "script"] == [
        {"type": "application/json", "id": "explore-data"},
        {},
    ]
    assert "<script>alert(1)</script>" in page.text
