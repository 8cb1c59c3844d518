"""Whatever a page tells of requests, failures and outages is what the judge has counted, everywhere."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from harness.evidence.rundir import RunDirectory
from harness.judge.measures import outages
from harness.judge.verdict import judge_run
from harness.judge.verdict_file import write_verdict
from harness.report import page, write_report
from tests.judge.story import ISSUE, LOAD, REFERENCE, Story, healthy, ns
from tests.report.shown import lane_rows, page_text, shown_counts
from tests.undrawn import undrawn

FLAPS = 14
"""More than a judgement lists one by one."""


def _flapping() -> Story:
    """A request of one lane fails every three seconds, and each is a disruption that touches no other."""
    story = healthy()
    for row in [row for row in story.records[LOAD] if row["intended_ns"] >= ns(12)][::6]:
        row.update(outcome="failed", error="http_5xx", status=502, end_ns=row["intended_ns"] + 5_000_000)
    return story


def _reported(story: Story, path: Path) -> RunDirectory:
    run = story.write(path)
    judgement = judge_run(run)
    write_verdict(judgement, run.verdict)
    write_report(judgement, run)
    return run


@pytest.fixture(scope="module")
def flapping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunDirectory]:
    """Of fourteen disruptions ten are listed, and six are told in full."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outages, "OUTAGES_LISTED_MAX", 10)
        patch.setattr(page, "OUTAGES_IN_FULL", 6)
        yield _reported(_flapping(), tmp_path_factory.mktemp("flapping"))


@pytest.fixture(scope="module")
def referenced(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """An undrained run beside a reference target, with failures of both."""
    story = healthy(drained=False)
    story.reference()
    story.fail(ISSUE, 23.2, 24.9)
    story.fail(REFERENCE, 50.0, 50.5, status=0, error="refused")
    with undrawn():
        return _reported(story, tmp_path_factory.mktemp("referenced"))


@pytest.mark.slow
def test_14_disruptions_are_14_in_the_headline_the_key_figures_the_summary_and_junit(
    flapping: RunDirectory,
) -> None:
    text = page_text(flapping)
    summary = flapping.summary.read_text()
    junit = flapping.junit.read_text()

    assert "Disrupted 14 times" in text
    assert "Failed requests 14 of 312" in text
    assert re.search(r"Disruptions 14 at most \S+ \S+ in all; the longest", text)
    assert "**Disruptions**: 14, " in summary
    assert "14 of 312 failed" in summary
    assert "Disrupted 14 times" in junit


@pytest.mark.slow
def test_14_disruptions_are_14_in_the_list_the_picture_and_the_data_that_explore_shows(
    flapping: RunDirectory,
) -> None:
    text = page_text(flapping)
    picture = html.unescape((flapping.charts / "timeline.svg").read_text())
    data = _explored(flapping)

    assert "4 more disruptions" in text
    assert "the 4 shortest of 14 disruptions are not listed" in text
    assert "14 disruptions: " in picture
    assert "10 disruptions" not in picture + text
    assert data["totals"]["outages"] == FLAPS
    assert data["totals"]["outages_left_out"] == 4
    assert len(data["outages"]) == 10


@pytest.mark.slow
def test_14_disruptions_are_14_in_the_verdict_for_machines(flapping: RunDirectory) -> None:
    downtime = orjson.loads(flapping.verdict.read_bytes())["downtime"]

    assert (downtime["total"], downtime["charged"], downtime["failed"]) == (FLAPS, FLAPS, FLAPS)
    assert downtime["charged_s"] > downtime["longest_s"] > 0


def test_requests_are_those_to_keystone_on_every_part_of_a_page(referenced: RunDirectory) -> None:
    document = orjson.loads(referenced.verdict.read_bytes())
    counts = document["counts"]
    phases = document["phases"]

    for shown in shown_counts(referenced):
        phase = phases[shown.phase] if shown.phase else counts
        assert shown.requests == phase["requests"], shown
        assert shown.failed == phase["failed"] + phase["unknown"], shown
    assert sum(phase["requests"] for phase in phases.values()) == counts["requests"]
    assert len(shown_counts(referenced)) >= len(phases) + 3


def test_the_lanes_under_requests_add_up_to_the_requests(referenced: RunDirectory) -> None:
    document = orjson.loads(referenced.verdict.read_bytes())

    for phase, counts in {**document["phases"], "whole run": document["counts"]}.items():
        rows = lane_rows(referenced, phase)
        assert sum(requests for _, requests in rows) == counts["requests"], phase
        assert not any(lane.startswith("reference/") for lane, _ in rows), phase


def test_pings_of_the_reference_target_have_a_table_of_their_own(referenced: RunDirectory) -> None:
    text = page_text(referenced)

    assert "Pings of the reference target" in text
    assert "208 pings of the reference target, 2 failed" in text
    assert orjson.loads(referenced.verdict.read_bytes())["reference"] == {
        "requests": 208,
        "failed": 2,
        "unknown": 0,
        "unsent": 0,
    }


@pytest.mark.usefixtures("undrawn")
def test_260_stutters_of_the_machine_are_260_though_only_the_200_longest_are_rows(
    tmp_path: Path, undrawn: None
) -> None:
    story = healthy()
    story.reference(rate_hz=20.0)
    for row in story.records[REFERENCE][::4]:
        row["end_ns"] = row["intended_ns"] + 120_000_000

    text = page_text(_reported(story, tmp_path))

    assert "260 stutters of the machine, the 200 longest of them told" in text


def _explored(run: RunDirectory) -> dict[str, dict[str, int]]:
    found = re.search(r'id="explore-data">(.*?)</script>', run.report.read_text(), re.DOTALL)
    assert found is not None
    data: dict[str, dict[str, int]] = orjson.loads(found[1])
    return data
