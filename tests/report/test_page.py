from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.rundir import RunDirectory
from harness.judge.model import Verdict
from harness.judge.observations import (
    Change,
    DatabaseActivity,
    Impact,
    LockWait,
    Masked,
    MaskedFailures,
    PhaseActivity,
    ReleaseShare,
    Stutter,
    Stutters,
    WriteCounts,
)
from harness.report import write_report
from harness.report.page import render_page
from harness.report.picture import Picture, draw_pictures
from harness.statistics.twosample import Interval
from tests.report import stories
from tests.report.html_page import Page, report_page, text_page


def test_a_drained_run_says_pass_and_how_short_an_outage_could_have_been(
    drained_pictures: tuple[Picture, ...],
) -> None:
    text = Page(render_page(stories.drained(), drained_pictures)).text

    assert "PASS No downtime: none of 2,152 requests failed" in text
    assert "Failed requests 0 of 2,152" in text
    assert "Disruptions none seen" in text
    assert "Could have gone unseen under 0.16 s" in text
    # An upper bound is rounded up: 1.02 s is not under 1.0 s.
    assert "of the least dense lane alone: under 1.1 s" in text
    assert "No request failed, of 2,152" in text
    assert "bcrypt ran with 4 rounds" in text


def test_an_undrained_run_tells_each_outage_with_node_time_error_and_request(undrained: Page) -> None:
    assert "FAIL There was downtime: 3 outages" in undrained.text
    assert "4.2 s in all; the longest 1.5 s, on node1" in undrained.text
    assert "Failed requests 19 of 2,152 3 of them may have been carried out" in undrained.text
    for number, node in enumerate(("node1", "node2", "node3"), start=1):
        assert f"#{number} Disrupted for at most 1.{6 - number} s on {node}" in undrained.text
        assert f"The harness was stopping {node} (27.1.0) without having drained it." in undrained.text
        assert f"req-{node}-0" in undrained.text
    assert "78.70 s (14:14:38.700 UTC)" in undrained.text
    assert "4 \N{MULTIPLICATION SIGN} http 5xx, 2 \N{MULTIPLICATION SIGN} closed" in undrained.text
    assert "±0.33 s" in undrained.text


def test_a_killed_run_says_inconclusive_why_and_which_step_did_not_end(tmp_path: Path) -> None:
    page = report_page(stories.killed(), tmp_path)

    assert "INCONCLUSIVE Nothing can be said" in page.text
    assert "Procedure: The run ended during expand" in page.text
    assert "expand, not ended" in page.text
    assert "Overhead of the harness not known" in page.text
    assert "No node was rolled." in page.text
    assert not (tmp_path / "charts" / "roll.svg").exists()


def test_the_verdict_is_told_by_word_and_shape_and_not_by_colour_alone() -> None:
    shapes = set()
    for story in (stories.drained(), stories.undrained(), stories.killed()):
        page = text_page(story)
        assert page.tags[_first(page, "main")][1]["data-verdict"] == story.verdict.value
        icon = _first(page, "svg")
        shapes.add(str(page.tags[icon + 1]))

    assert len(shapes) == 3


def _first(page: Page, tag: str) -> int:
    return next(number for number, (name, _) in enumerate(page.tags) if name == tag)


def test_phases_with_failures_are_open_and_the_others_closed(undrained: Page) -> None:
    phases = {
        str(a["data-phase"]): "open" in a
        for tag, a in undrained.tags
        if tag == "details" and "data-phase" in a
    }

    assert phases["roll"] is True
    assert phases["baseline"] is False
    assert list(phases)[-1] == "whole run"


def test_a_phase_without_evidence_is_shown_and_open() -> None:
    whole = stories.drained()
    blind = replace(whole, lanes=tuple(stats for stats in whole.lanes if stats.phase != "migrate"))

    text = text_page(blind).text

    assert "Migrate 5.7 s no evidence" in text
    assert "No request was due or recorded in this phase." in text


def test_a_phase_that_was_left_out_is_no_alarm() -> None:
    whole = stories.drained()
    phases = tuple(
        replace(span, edge="skip", end_ns=span.start_ns) if span.phase == "migrate" else span
        for span in whole.timeline.phases
    )
    lanes = tuple(stats for stats in whole.lanes if stats.phase != "migrate")
    page = text_page(replace(whole, lanes=lanes, timeline=replace(whole.timeline, phases=phases)))

    opened = {
        str(a["data-phase"]): "open" in a for tag, a in page.tags if "data-phase" in a and tag == "details"
    }
    assert opened["migrate"] is False
    assert "skipped left out" in page.text


@pytest.mark.slow
def test_two_processes_draw_the_same_bytes(run: Path) -> None:
    program = (
        "import sys\nfrom harness.report.picture import draw_pictures\nfrom tests.report import stories\n"
        "sys.stdout.write(draw_pictures(stories.undrained())[0].file)"
    )
    # Where the order of a set shows, it differs with the seed of hashing.
    another = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    drawn = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": another},
        capture_output=True,
        check=True,
    ).stdout

    assert drawn.decode() == (run / "charts" / "timeline.svg").read_text()


def test_the_same_evidence_gives_the_same_bytes(run: Path, tmp_path: Path) -> None:
    first, second = run, tmp_path
    write_report(stories.undrained(), RunDirectory(second))

    names = sorted(str(file.relative_to(first)) for file in first.rglob("*") if file.is_file())

    assert names == ["charts/roll.svg", "charts/timeline.svg", "junit.xml", "report.html", "summary.md"]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_judging_again_leaves_no_picture_of_the_run_before(run: Path, tmp_path: Path) -> None:
    again = shutil.copytree(run, tmp_path / "again")
    assert (again / "charts" / "roll.svg").exists()
    write_report(stories.killed(), RunDirectory(again))

    assert [chart.name for chart in (again / "charts").iterdir()] == ["timeline.svg"]


def test_tables_name_their_columns_and_rows_for_a_screen_reader(undrained: Page) -> None:
    tags = [tag for tag, _ in undrained.tags]
    assert tags.count("table") == tags.count("caption") > 15
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in undrained.tags if tag == "th")
    pictures = [
        attributes for tag, attributes in undrained.tags if tag == "svg" and attributes.get("role") == "img"
    ]
    assert [picture["aria-labelledby"] for picture in pictures] == [
        "timeline-title timeline-desc",
        "roll-title roll-desc",
    ]
    assert "at most 1.5 s from 78.7 s (node1)" in undrained.text


def test_ids_are_unique_on_the_page(undrained: Page) -> None:
    ids = [str(attributes["id"]) for _, attributes in undrained.tags if "id" in attributes]

    assert len(ids) == len(set(ids))


def test_rows_carry_what_a_script_may_select_them_by(undrained: Page) -> None:
    rows = [attributes for tag, attributes in undrained.tags if tag == "tr"]

    assert {
        "data-phase": "roll",
        "data-lane": "token_issue/new",
        "data-failed": "3",
        "data-unknown": "0",
    } in [{key: value for key, value in row.items() if key != "class"} for row in rows]


@pytest.mark.slow
def test_a_flapping_run_shows_its_first_outages_in_full_and_the_rest_as_rows(tmp_path: Path) -> None:
    story = stories.undrained()
    flapping = replace(story, downtime=stories.downtime_of(story.downtime.outages * 100))

    page = report_page(flapping, tmp_path)

    assert sum(tag == "article" for tag, _ in page.tags) == 20
    assert "280 more disruptions" in page.text
    assert (tmp_path / "report.html").stat().st_size < 3_000_000


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_page_has_words_for_a_run_without_any_question(verdict: Verdict) -> None:
    bare = replace(stories.drained(), questions=(), verdict=verdict, limits=())

    assert "No question was answered." in text_page(bare).text


def test_the_writes_stand_in_a_table_and_those_that_are_gone_are_marked() -> None:
    users = WriteCounts("user", 300, 412, 1, 2, 400, lost=1, resurrected=0, wrong=2, duplicated=0)
    grants = WriteCounts("grant", 20, 25, 0, 0, 25, lost=0, resurrected=0, wrong=0, duplicated=0)
    page = text_page(replace(stories.drained(), writes=(users, grants)))
    assert "users 1 lost, 2 wrong 300 412 1 2 400" in page.text
    assert "role grants nothing amiss 20 25 0 0 25" in page.text


def test_a_run_that_was_not_asked_for_its_writes_has_no_such_table() -> None:
    assert "Writes by what they are about" not in text_page(stories.drained()).text


def test_what_was_measured_beside_the_requests_has_its_tables() -> None:
    judgement = replace(
        stories.undrained(),
        masked=MaskedFailures((Masked("roll", "stop", "node1", "node1", 3, 1, 4, 2, 0),), 90, 0),
        shares=(
            ReleaseShare(
                "settle", "node1", stories.at(90), stories.at(93), ((stories.OLD, 30), (stories.NEW, 10)), 10
            ),
        ),
        database=DatabaseActivity(
            (
                LockWait(
                    "expand",
                    "db_sync",
                    stories.at(64),
                    stories.at(66),
                    2.0,
                    "Waiting for table metadata lock",
                    "ALTER TABLE user ADD <b>",
                    "keystone",
                ),
            ),
            (PhaseActivity("expand", 40, 0.26, 2, 1.5),),
        ),
        stutters=Stutters((Stutter(stories.at(70), stories.at(70.3), 2),), 1),
        impacts=(_IMPACT,),
    )

    page = render_page(judgement, draw_pictures(judgement))

    for told in ("ALTER TABLE user ADD &lt;b&gt;", "30 (60%)", "+100 (+98 to +102)", "waited for a lock"):
        assert told in page
    for part in ("impact", "masked", "releases", "locks", "reference"):
        assert f'data-beside="{part}"' in page


def test_a_run_without_such_evidence_says_so() -> None:
    page = render_page(stories.drained(), ())

    assert "The balancer&#39;s counters were not sampled." in page
    assert "The database was not watched." in page
    assert "There was no reference target beside Keystone." in page


_IMPACT = Impact(
    phase="roll",
    lane="token_issue/new",
    change=Change.SLOWER,
    samples=40,
    baseline_samples=60,
    median_ms=125.0,
    baseline_median_ms=25.0,
    shift_ms=Interval(100.0, 98.0, 102.0),
    superiority=Interval(1.0, 0.8, 1.0),
    p_value=0.00001,
    limit_ms=60.0,
    over=39,
    baseline_over=1,
    tail_p_value=0.001,
    reference_as_well=False,
)
