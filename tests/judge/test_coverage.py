"""Lanes and arrivals that are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge.model import Verdict
from tests.judge.story import (
    ISSUE,
    LOAD,
    REFERENCE,
    VALIDATE,
    Story,
    healthy,
    judged,
    ns,
    question,
    sentences,
)


def told(story: Story, path: Path, *overrides: str) -> list[str]:
    judgement = judged(story, path, *overrides)
    assert question(judgement, "coverage").verdict is not Verdict.FAIL
    return sentences(judgement, "coverage")


def unsend(story: Story, lane: str, start: float, end: float, error: str) -> None:
    for row in story.due(lane, start, end):
        row.update(outcome="unsent", error=error, status=0, node=None, release=None)
        row.update(start_ns=row["intended_ns"], end_ns=row["intended_ns"])


def test_a_lane_that_the_scenario_asks_for_and_nobody_drove_is_told(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["probes"] = [
        {"op": "token_issue", "connections": ["new"]},
        {"op": "token_validate", "connections": ["new", "reused"]},
    ]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The scenario asks for probes in the lane token_validate/new; there are none."
    ]


def test_a_lane_that_was_driven_as_the_scenario_asks_passes(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["probes"] = [{"op": "token_issue", "connections": ["new"], "rate_hz": 2, "deadline_s": 10}]

    assert question(judged(story, tmp_path), "coverage").verdict is Verdict.PASS


def test_a_generator_that_is_consistent_with_itself_and_not_with_the_scenario_is_told(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["probes"] = [
        {"op": "token_issue", "connections": ["new"], "rate_hz": 4, "deadline_s": 10},
        {"op": "token_validate", "connections": ["reused"], "rate_hz": 2, "deadline_s": 2.5},
    ]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: token_issue/new was probed 2 times a second; the scenario asks for 4.",
        "INCONCLUSIVE: token_validate/reused had a deadline of 10 s; the scenario asks for 2.5 s.",
    ]


def test_a_lane_without_a_schedule_is_no_probe_as_the_scenario_asks(tmp_path: Path) -> None:
    story = healthy()
    story.lanes[0]["rate_hz"] = None
    story.scenario["probes"] = [{"op": "token_issue", "connections": ["new"], "rate_hz": 2}]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: token_issue/new was probed on no schedule; the scenario asks for 2."
    ]


def test_a_reference_target_that_was_not_probed_for_a_while_is_a_hole_as_well(tmp_path: Path) -> None:
    story = healthy()
    story.reference(rate_hz=2.0)
    story.records[REFERENCE] = [
        row for row in story.records[REFERENCE] if not ns(30) <= row["intended_ns"] < ns(34)
    ]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: reference/ping/new lost 8 arrivals: its schedule has a hole of up to 4.50 s where a "
        "probe was due every 0.50 s."
    ]


def test_load_that_the_scenario_asks_for_and_that_sent_nothing_is_told(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["load"] = {"users": 4, "client_users": 1}
    story.records[LOAD] = []

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The scenario asks for load beside the probes; no request of theirs is known.",
        "INCONCLUSIVE: The scenario asks for real clients beside the probes; no request of theirs is known.",
    ]


def test_arrivals_that_were_not_sent_are_told_and_can_be_allowed(tmp_path: Path) -> None:
    story = healthy()
    unsend(story, ISSUE, 30, 31, "pool_full")

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: 2 requests that were due never left the load generator (allowed: 0)."
    ]
    allowed = judged(story, tmp_path / "again", "judge.unsent_max=2")
    assert allowed.verdict is Verdict.PASS
    assert sentences(allowed, "coverage") == [
        "PASS: 206 probes in 2 lanes cover 8 phases; 2 of 312 requests that were due never left, and the "
        "latest probe left 1 ms late."
    ]


LOGIN = "load/token_issue/reused"


def with_logins(lane: str = LOGIN, role: str = "load") -> Story:
    """A healthy story in which the load logs in every half second, too."""
    story = healthy()
    row = {"op": "token_issue", "connection": "reused", "rate_hz": None, "deadline_s": 10.0}
    story.lanes.append({"lane": lane, "role": role, **row})
    story.records[lane] = [{**record, "lane": lane} for record in story.records[LOAD]]
    return story


@pytest.mark.parametrize(("lane", "role"), [(LOGIN, "load"), ("renew-load/token_issue/new", "client")])
def test_requests_not_tried_for_want_of_a_token_belong_to_the_login_that_failed(
    tmp_path: Path, lane: str, role: str
) -> None:
    story = with_logins(lane, role)
    story.fail(lane, 23.1, 23.3)
    unsend(story, LOAD, 23.5, 24.5, "no_token")

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "coverage") == [
        "PASS: 208 probes in 2 lanes cover 8 phases; 2 of 416 requests that were due never left, and the "
        "latest probe left 1 ms late."
    ]
    assert judgement.downtime.outages[0].requests == 1


@pytest.mark.parametrize(
    ("lane", "role", "second"),
    [
        (LOAD, "load", 23.1),  # no login
        (ISSUE, "probe", 23.1),  # of another role
        ("client/token_issue/reused", "client", 23.1),
        (LOGIN, "load", 25.1),  # after the requests that were not tried
    ],
)
def test_any_other_failure_is_not_the_login_that_untried_requests_lacked(
    tmp_path: Path, lane: str, role: str, second: float
) -> None:
    story = with_logins(lane, role) if "token_issue" in lane and lane != ISSUE else healthy()
    story.fail(lane, second, second + 0.5)
    unsend(story, LOAD, 23.7, 24.7, "no_token")

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: 2 requests were not tried for want of a token, yet no login that failed before is on "
        "record."
    ]


def test_requests_not_tried_though_no_login_failed_are_told(tmp_path: Path) -> None:
    story = healthy()
    unsend(story, LOAD, 23.2, 24.2, "no_token")

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: 2 requests were not tried for want of a token, yet no login that failed before is on "
        "record."
    ]


def test_a_hole_in_the_schedule_is_told_with_the_arrivals_lost(tmp_path: Path) -> None:
    story = healthy()
    gone = {row["intended_ns"] for row in story.due(ISSUE, 25, 26.1)}
    story.records[ISSUE] = [row for row in story.records[ISSUE] if row["intended_ns"] not in gone]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: token_issue/new lost 3 arrivals: its schedule has a hole of up to 2.00 s where a "
        "probe was due every 0.50 s."
    ]


def take_away(story: Story, lane: str, start: float, end: float) -> None:
    gone = {row["intended_ns"] for row in story.due(lane, start, end)}
    story.records[lane] = [row for row in story.records[lane] if row["intended_ns"] not in gone]


def test_a_lane_that_begins_late_or_ends_early_has_a_hole_at_the_edge(tmp_path: Path) -> None:
    story = healthy()
    take_away(story, ISSUE, 0, 8)
    take_away(story, VALIDATE, 51, 60)

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: token_issue/new lost 12 arrivals: its schedule has a hole of up to 6.00 s where a "
        "probe was due every 0.50 s.",
        "INCONCLUSIVE: token_validate/reused lost 6 arrivals: its schedule has a hole of up to 3.38 s where "
        "a probe was due every 0.50 s.",
    ]


def test_a_lane_without_any_arrival_is_one_hole(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["judge"] = {"baseline_s_min": 1}
    story.records[ISSUE] = []

    assert told(story, tmp_path)[-1] == (
        "INCONCLUSIVE: token_issue/new lost 104 arrivals: its schedule has a hole of up to 52.00 s where a "
        "probe was due every 0.50 s."
    )


def test_a_single_arrival_leaves_a_hole_on_both_sides(tmp_path: Path) -> None:
    story = healthy()
    take_away(story, ISSUE, 0, 20)
    take_away(story, ISSUE, 20.5, 60)

    assert told(story, tmp_path)[-1] == (
        "INCONCLUSIVE: token_issue/new lost 104 arrivals: its schedule has a hole of up to 34.00 s where a "
        "probe was due every 0.50 s."
    )


def test_one_interval_and_one_of_grace_at_each_edge_are_no_hole(tmp_path: Path) -> None:
    story = healthy()
    take_away(story, ISSUE, 0, 3)
    take_away(story, ISSUE, 53.5, 60)

    assert question(judged(story, tmp_path), "coverage").verdict is Verdict.PASS


def test_a_dead_harness_ends_the_schedule_and_what_was_under_way_then_makes_no_hole(tmp_path: Path) -> None:
    story = healthy()
    late = story.due(VALIDATE, 33, 33.5)[0]
    story.die(33.5)
    story.records[VALIDATE].append({**late, "end_ns": late["intended_ns"] + 9_000_000_000})

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: probes.jsonl has no footer: its writer was killed, and requests it had not written "
        "yet are lost."
    ]


def test_load_that_stopped_half_way_is_told_for_each_phase_that_saw_none(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["load"] = {"users": 4, "client_users": 0, "pace_s": 1.0}
    take_away(story, LOAD, 40, 60)

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The scenario asks for load beside the probes; none of their requests was under way in "
        "phase contract.",
        "INCONCLUSIVE: The scenario asks for load beside the probes; none of their requests was under way in "
        "phase cooldown.",
    ]


def test_requests_that_were_due_and_never_sent_are_no_load(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["load"] = {"users": 4, "client_users": 0}
    unsend(story, LOAD, 42, 46, "pool_full")

    assert told(story, tmp_path, "judge.unsent_max=8") == [
        "INCONCLUSIVE: The scenario asks for load beside the probes; none of their requests was under way in "
        "phase contract."
    ]


def test_a_user_that_waits_for_an_answer_through_a_phase_is_load(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["load"] = {"users": 1, "client_users": 0}
    take_away(story, LOAD, 42, 46)
    story.due(LOAD, 41, 42)[-1]["end_ns"] += 6_000_000_000

    assert question(judged(story, tmp_path), "coverage").verdict is Verdict.PASS


def test_a_phase_shorter_than_three_paces_may_pass_between_two_tasks(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["load"] = {"users": 1, "client_users": 0, "pace_s": 1.5}
    take_away(story, LOAD, 42, 46)

    assert question(judged(story, tmp_path), "coverage").verdict is Verdict.PASS


def test_a_phase_with_too_few_probes_is_told(tmp_path: Path) -> None:
    story = healthy()
    for lane in (ISSUE, VALIDATE):
        gone = {row["intended_ns"] for row in story.due(lane, 46.5, 48)}
        story.records[lane] = [row for row in story.records[lane] if row["intended_ns"] not in gone]

    assert told(story, tmp_path)[0] == (
        "INCONCLUSIVE: The phase restore has too few probes: 1 in token_issue/new and 1 in "
        "token_validate/reused (needed: 2 in each lane)."
    )
