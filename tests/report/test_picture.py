from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.markers import MarkerStyle

from harness.evidence.names import Error
from harness.judge.downtime import Downtime
from harness.judge.measures.bins import DOTS_MAX
from harness.judge.model import RequestCounts, Series, Timeline
from harness.report.labels import Label, stagger
from harness.report.marks import MARKS
from harness.report.palette import COLOURS, declarations
from harness.report.picture import Picture, draw_pictures
from harness.report.summary import summary_lines
from tests.report import stories


def test_every_error_class_has_a_mark_of_its_own() -> None:
    outlines = set()
    for error in Error:
        style = MarkerStyle(MARKS[error].shape)
        outlines.add(str(style.get_path().transformed(style.get_transform()).vertices))

    assert set(MARKS) == set(Error)
    assert len({mark.words for mark in MARKS.values()}) == len(Error)
    assert len(outlines) == len(Error)


def test_the_picture_names_every_phase_node_lane_and_error_that_is_in_it(
    undrained_pictures: tuple[Picture, ...],
) -> None:
    timeline, roll = undrained_pictures

    texts = re.findall(r"<text[^>]*>([^<]*)</text>", timeline.file)
    for word in ("baseline", "flush", "trust", "roll", "contract", "restore", "cooldown"):
        assert texts.count(word) == 1, word
    assert texts.count("node2") == 6  # its own lane, and its roll over each of five panels
    for lane in stories.LANES:
        assert lane in texts
    assert {"closed unanswered", "HTTP 5xx", "over its deadline", "hollow: may be done"} <= set(texts)
    assert {"#1  ≤ 1.5 s", "#2  ≤ 1.4 s", "#3  ≤ 1.3 s"} <= set(texts)
    assert "2 migrations in expand" in texts
    assert "Database" not in roll.file


def test_the_latency_has_a_dot_an_answer_and_percentiles_whose_width_it_names(
    undrained_pictures: tuple[Picture, ...],
) -> None:
    for picture in undrained_pictures:
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture.file)
        assert {"one answer", "p99 of 5 s", "p50 of 5 s"} <= set(texts)
        assert picture.caption.endswith(
            "Each dot is an answer; median and 99th percentile are of 5 s each, drawn where at least 50 were "
            "answered: of fewer, the 99th percentile is little else than the slowest."
        )


@pytest.mark.slow
def test_too_few_answers_for_a_percentile_are_dots_alone() -> None:
    story = stories.drained()
    few = replace(story.series, latency_ns=None, latency=story.series.latency.head(0))

    for picture in draw_pictures(replace(story, series=few)):
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture.file)
        assert "one answer" in texts
        assert not [text for text in texts if re.match(r"p(50|99) of", text)]
        assert picture.caption.endswith(
            "Each dot is an answer; there are too few for percentiles, which want 50 at a time."
        )


@pytest.mark.slow
def test_of_many_answers_the_picture_says_that_it_shows_the_slowest_of_each_moment() -> None:
    story = stories.drained()
    thinned = replace(story.series, answers_ns=250_000_000)

    (picture, *_) = draw_pictures(replace(story, series=thinned))
    assert ">slowest of 0.25 s<" in picture.file
    assert "Each dot is the slowest answer of 0.25 s; median" in picture.caption


def test_a_drained_picture_says_that_nothing_failed_while_the_releases_changed(
    drained_pictures: tuple[Picture, ...],
) -> None:
    timeline, _ = drained_pictures

    assert "No request failed, of 2,152" in timeline.file
    assert "serves 27.1.0" in timeline.file
    assert "serves 29.1.0" in timeline.file
    assert "draining" in timeline.file
    assert timeline.description.startswith("No downtime")


@pytest.mark.slow
def test_lanes_of_the_load_are_drawn_only_where_they_failed_and_counted_otherwise() -> None:
    story = stories.undrained()
    failures_of_load = story.series.failures.assign(lane=stories.LOAD_LANE)

    calm, _ = draw_pictures(story)
    loud, _ = draw_pictures(replace(story, series=replace(story.series, failures=failures_of_load)))

    assert f">{stories.LOAD_LANE}<" not in calm.file
    assert "1 more lane:" in calm.file
    assert ">no failure<" in calm.file
    assert f">{stories.LOAD_LANE}<" in loud.file
    assert "no failure" not in loud.file


def test_an_outage_that_the_machine_caused_is_shown_and_not_charged() -> None:
    story = stories.undrained()
    first, *others = story.downtime.outages
    excused = replace(story, downtime=stories.downtime_of((replace(first, charged=False), *others)))

    timeline, _ = draw_pictures(excused)

    assert "laid to the machine" in timeline.file
    assert summary_lines(excused)[3].startswith("Disruptions: 2, at least 2.3 s and at most 2.7 s in all")
    assert summary_lines(excused)[3].endswith("Besides, 1 disruption laid to the machine.")


def test_a_stretch_without_failures_does_not_claim_that_the_whole_run_had_none() -> None:
    story = stories.undrained()
    early = story.series.failures.assign(intended_ns=stories.at(30.0))

    calm = replace(story, series=replace(story.series, failures=early), downtime=Downtime())

    _, roll = draw_pictures(calm)

    assert "No request failed in this stretch of the run" in roll.file
    assert "No request failed, of" not in roll.file


def test_a_run_without_any_evidence_says_so_in_every_panel() -> None:
    story = stories.killed()
    nothing = Series(
        500_000_000,
        pd.DataFrame(columns=["bucket", "release", "requests", "failed"]),
        pd.DataFrame(columns=["bucket", "latency_ms_p50", "latency_ms_p99"]),
        story.series.failures,
    )
    empty = replace(
        story,
        timeline=Timeline(stories.at(0), stories.at(0), (), (), ()),
        series=nothing,
        lanes=(),
        counts=RequestCounts(),
    )

    (picture,) = draw_pictures(empty)

    assert "The journal tells nothing of the nodes" in picture.file
    assert picture.file.count("No request was recorded") == 2
    assert "No answered request was recorded" in picture.file
    assert "No command ran against the database" in picture.file


def test_colours_follow_the_page_and_every_one_is_known_to_it(
    undrained_pictures: tuple[Picture, ...],
) -> None:
    for picture in undrained_pictures:
        used = set(re.findall(r"var\((--[a-z0-9-]+)\)", picture.inline))
        assert used
        assert used <= {f"--{name}" for name in COLOURS}
        assert not any(colour.sentinel in picture.file for colour in COLOURS.values())
        # A file of its own brings the colours of both schemes; within a page it leaves them to the page.
        assert "prefers-color-scheme" in picture.file
        assert "prefers-color-scheme" not in picture.inline


def test_text_has_the_contrast_that_accessibility_asks_for_in_both_schemes() -> None:
    pairs = [
        *((text, ground) for text in ("ink", "muted", "link") for ground in ("surface", "raised", "page")),
        *(("fail", ground) for ground in ("surface", "raised", "fail-soft")),
        ("pass", "pass-soft"),
        ("inconclusive", "inconclusive-soft"),
        *(("ink", ground) for ground in ("fail-soft", "inconclusive-soft")),
        *(("on-old", fill) for fill in ("old", "draining", "starting")),
        ("on-new", "new"),
        ("on-stopped", "stopped"),
        ("ink", "out"),
    ]
    for dark in (False, True):
        scheme = dict(re.findall(r"--([a-z0-9-]+):(#[0-9a-f]{6})", declarations(dark=dark)))
        for text, ground in pairs:
            assert _contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground, dark)
        # Old and new differ in lightness too, for a grey print and for every kind of colour blindness.
        assert _contrast(scheme["old"], scheme["new"]) >= 2.5


def _contrast(one: str, other: str) -> float:
    """Ratio as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.slow
def test_ten_minutes_of_a_flapping_cloud_stay_a_small_picture() -> None:
    story = stories.undrained()
    many = pd.concat([story.series.failures] * 264, ignore_index=True)[:5_000]
    many["intended_ns"] = [stories.at(22.0 + number * 0.12) for number in range(len(many))]
    buckets = [stories.at(22.0 + number) for number in range(600)]
    latency = pd.DataFrame({"bucket": buckets})
    for column, value in (("latency_ms_p50", 30.0), ("latency_ms_p99", 90.0)):
        latency[column] = value
    due = [stories.at(22.0 + number * 0.15) for number in range(DOTS_MAX)]
    answers = pd.DataFrame({"intended_ns": due, "latency_ms": 9_000.0})
    rate = pd.DataFrame({"bucket": buckets, "release": stories.OLD, "requests": 20, "failed": 9})
    phases = tuple(
        replace(span, end_ns=stories.at(622.0)) if span.phase == "cooldown" else span
        for span in story.timeline.phases
    )
    long = replace(
        story,
        series=Series(1_000_000_000, rate, latency, many, latency_ns=1_000_000_000, answers=answers),
        timeline=replace(story.timeline, phases=phases, end_ns=stories.at(625.0)),
    )

    assert sum(len(picture.inline) for picture in draw_pictures(long)) < 2_000_000


def test_labels_of_short_neighbours_are_staggered() -> None:
    places = stagger([Label(50, 40), Label(70, 40), Label(90, 40)], gap=5, left=0, right=200)

    assert places == [(50, 0), (70, 1), (90, 2)]


def test_labels_with_room_stay_on_one_level_and_inside_the_picture() -> None:
    places = stagger([Label(195, 40), Label(5, 40), Label(100, 40)], gap=5, left=0, right=200)

    assert places == [(180, 0), (20, 0), (100, 0)]
