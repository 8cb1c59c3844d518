"""Under which bounds a run was judged, wherever a reader looks."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from harness.evidence.names import Role
from harness.judge.model import Judgement
from harness.report import summary_lines
from harness.report.junit import junit_xml
from harness.report.views.phases import phase_views
from harness.report.views.run import facts
from harness.scenario import JudgeSettings
from tests.report import stories


def looser() -> Judgement:
    told = (
        "No downtime was seen. Judged under other bounds than the run was made with: judge.unsent_max=3 "
        "instead of 0."
    )
    return replace(
        stories.drained(),
        headline=told,
        settings=JudgeSettings(unsent_max=3),
        overrides=("judge.unsent_max=3",),
    )


def properties(judgement: Judgement) -> dict[str | None, str | None]:
    root = ElementTree.fromstring(junit_xml(judgement))  # noqa: S314 - written a moment before
    return {each.get("name"): each.get("value") for each in root.iter("property")}


def test_what_was_run_names_every_bound_and_what_was_overridden() -> None:
    told = dict(facts(looser()))

    assert told["Judged under"] == (
        "baseline_p99_ms_max 1000, baseline_s_min 5, lag_max_ms_max 1000, lag_p99_ms_max 100, "
        "lock_wait_s_max 1, probes_per_phase_min 2, silence_s_max not set, stall_budget_s not set, "
        "unsent_max 3"
    )
    assert told["Overrides of the judge"] == "judge.unsent_max=3"
    assert dict(facts(stories.drained()))["Overrides of the judge"] == "none"


def test_a_gate_finds_the_bounds_as_properties() -> None:
    told = properties(looser())

    assert told["judge.unsent_max"] == "3"
    assert told["judge.stall_budget_s"] == "not set"
    assert told["judge.overrides"] == "judge.unsent_max=3"
    assert properties(stories.drained())["judge.overrides"] == "none"


def test_the_ten_lines_of_a_looser_judgement_are_still_ten_and_say_so_in_the_first() -> None:
    lines = summary_lines(looser())

    assert len(lines) == 10
    assert lines[0].endswith("other bounds than the run was made with: judge.unsent_max=3 instead of 0.")


def test_a_lane_of_the_load_that_nobody_took_is_not_shown_and_a_silent_probe_is() -> None:
    story = stories.drained()
    lanes = tuple(
        replace(stats, requests=0) if stats.lane in (stories.LOAD_LANE, stories.LANES[0]) else stats
        for stats in story.lanes
    )

    shown = [row.cells[0] for view in phase_views(replace(story, lanes=lanes)) for row in view.rows]

    assert {stats.role for stats in lanes if stats.lane == stories.LOAD_LANE} == {Role.LOAD}
    assert stories.LOAD_LANE not in shown
    assert stories.LANES[0] in shown
