"""The question of coverage: what makes evidence too thin to say anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge import judge_run
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


# --- files


def test_a_run_without_request_files_has_no_coverage(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    (run.requests / "probes.jsonl").unlink()

    judgement = judge_run(run)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "coverage")[0] == (
        "INCONCLUSIVE: There are no request files: no request of this run is known."
    )


def test_a_missing_footer_and_a_torn_line_are_told(tmp_path: Path) -> None:
    story = healthy()
    story.footer = None
    story.tail = b'{"seq":324,"lane":"token_is'

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: probes.jsonl has no footer: its writer was killed, and requests it had not written "
        "yet are lost.",
        "INCONCLUSIVE: probes.jsonl ends in a torn line.",
    ]


def test_a_file_killed_before_its_header_is_told(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    (run.requests / "users.jsonl").write_bytes(b'{"header": {"fi')

    assert (
        "INCONCLUSIVE: users.jsonl holds no whole header: its writer was killed before the first request."
        in sentences(judge_run(run), "coverage")
    )


def test_a_damaged_line_is_told_together_with_the_record_it_cost(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    file = run.requests / "probes.jsonl"
    lines = file.read_bytes().splitlines()
    lines[100] = lines[100][:50]
    file.write_bytes(b"\n".join(lines) + b"\n")

    assert sentences(judge_run(run), "coverage")[:3] == [
        "INCONCLUSIVE: probes.jsonl holds 323 whole records, but its writer counted 324.",
        "INCONCLUSIVE: probes.jsonl holds 1 damaged line.",
        "INCONCLUSIVE: probes.jsonl lacks 1 record: numbers are missing in their sequence.",
    ]


def test_a_record_that_stands_twice_is_told(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    file = run.requests / "probes.jsonl"
    lines = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([*lines[:100], lines[99], *lines[100:]]) + b"\n")

    assert sentences(judge_run(run), "coverage") == [
        "INCONCLUSIVE: probes.jsonl holds 325 whole records, but its writer counted 324.",
        "INCONCLUSIVE: probes.jsonl holds 1 record with a number that another record has.",
    ]


def test_a_lane_that_the_header_does_not_name_is_told(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(LOAD, 20, 21):
        row["lane"] = "load/nobody"

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: probes.jsonl holds 2 records of the lane load/nobody, which its header does not name."
    ]


def test_a_fault_that_the_generator_tells_of_is_told(tmp_path: Path) -> None:
    story = healthy()
    story.footer = {"faults": ["the dispatcher stopped: MemoryError."]}

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: probes.jsonl tells of a fault in the load generator: the dispatcher stopped: "
        "MemoryError."
    ]


# --- lanes and arrivals


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
    assert judgement.outages[0].requests == 1


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


# --- the machine


def test_a_generator_that_was_starved_is_named_and_keystone_is_not_charged(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(ISSUE, 30, 33):
        row["start_ns"] += 1_500_000_000
        row["end_ns"] += 1_500_000_000

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The load generator was starved: probes left up to 1,501 ms late, p99 1,501 ms "
        "(allowed: 1000 and 100 ms); the machine did that, and Keystone is not charged for it."
    ]


def test_a_lag_that_only_the_footer_knows_of_counts_for_its_records_are_lost(tmp_path: Path) -> None:
    story = healthy()
    story.footer = {"lag_p99_ms": 250.0, "lag_max_ms": 900.0}

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The load generator was starved: probes left up to 900 ms late, p99 250 ms (allowed: "
        "1000 and 100 ms); the machine did that, and Keystone is not charged for it."
    ]


def test_a_lag_before_the_first_phase_harms_nobody(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(ISSUE, 0, 2):
        row["start_ns"] += 1_500_000_000
        row["end_ns"] += 1_500_000_000
    story.footer = {"lag_p99_ms": 80.0, "lag_max_ms": 1501.0}

    assert question(judged(story, tmp_path), "coverage").verdict is Verdict.PASS


def test_a_baseline_that_was_too_short_is_told(tmp_path: Path) -> None:
    assert told(healthy(), tmp_path, "judge.baseline_s_min=30") == [
        "INCONCLUSIVE: The baseline lasted 10.0 s (needed: 30 s)."
    ]


def test_a_slow_baseline_has_no_room(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(VALIDATE, 2, 12):
        row["end_ns"] = row["intended_ns"] + 4_000_000_000

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: There was no room: before anything was touched the p99 was 4,000 ms (allowed: 1000 "
        "ms); lower the rates of probes and load, or use a larger machine."
    ]


def test_a_baseline_whose_probes_left_late_has_no_room(tmp_path: Path) -> None:
    story = healthy()
    for lane in (ISSUE, VALIDATE):
        for row in story.due(lane, 2, 12):
            row["start_ns"] += 150_000_000
            row["end_ns"] += 150_000_000

    assert told(story, tmp_path, "judge.lag_p99_ms_max=100") == [
        "INCONCLUSIVE: The load generator was starved: probes left up to 151 ms late, p99 151 ms (allowed: "
        "1000 and 100 ms); the machine did that, and Keystone is not charged for it.",
        "INCONCLUSIVE: There was no room: before anything was touched probes left 151 ms late at p99 "
        "(allowed: 100 ms); lower the rates of probes and load, or use a larger machine.",
    ]


def test_a_baseline_that_already_fails_is_told(tmp_path: Path) -> None:
    story = healthy()
    story.fail(LOAD, 5, 6)

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The baseline already fails: 2 requests in load/user_get/reused, before anything was "
        "touched."
    ]


def test_a_node_that_served_nobody_before_it_was_touched_proves_nothing_by_its_absence(
    tmp_path: Path,
) -> None:
    story = healthy()
    for lane in story.records:
        for row in story.due(lane, 2, 12):
            row["node"] = "node1"

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: No answer of node2 was seen in the baseline, so nobody would have missed it."
    ]


def test_where_no_answer_names_a_node_none_is_known_to_have_served(tmp_path: Path) -> None:
    story = healthy()
    for rows in story.records.values():
        for row in rows:
            row["node"] = None

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: No answer of node1 and node2 was seen in the baseline, so nobody would have missed "
        "them."
    ]


def test_where_nothing_is_upgraded_no_node_is_taken_away_and_none_is_asked_for(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["procedure"] = {"upgrade": False}
    for lane in story.records:
        for row in story.due(lane, 2, 12):
            row["node"] = "node1"

    assert question(judged(story, tmp_path), "coverage").verdict is Verdict.PASS


@pytest.mark.parametrize("version", ["27.1.0", "29.1.0"])
def test_a_roll_served_by_one_release_alone_did_not_try_the_mix(tmp_path: Path, version: str) -> None:
    story = healthy()
    for lane in story.records:
        for row in story.due(lane, 22, 42):
            row["release"] = version
    missing = {"27.1.0": "29.1.0", "29.1.0": "27.1.0"}[version]

    assert told(story, tmp_path) == [
        f"INCONCLUSIVE: No answer of release {missing} was seen during the roll, so the mix of both releases "
        "was not tried."
    ]


def test_a_reference_target_that_fails_as_well_says_that_the_machine_did_it(tmp_path: Path) -> None:
    story = healthy()
    name = "reference/project_list/new"
    lane = {"op": "project_list", "connection": "new", "rate_hz": 2.0, "deadline_s": 10.0}
    story.lanes.append({"lane": name, "role": "reference", **lane})
    story.records[name] = [{**row, "lane": name} for row in story.records[ISSUE]]
    story.fail(name, 30, 31)
    story.fail(ISSUE, 30, 31)

    judgement = judged(story, tmp_path)

    assert sentences(judgement, "coverage") == [
        "INCONCLUSIVE: 2 requests to the reference target failed as well: the machine did that."
    ]
    assert question(judgement, "availability").verdict is Verdict.INCONCLUSIVE
    assert judgement.counts.failed == 2, "requests to the reference target are none of Keystone's"


def test_a_journal_without_phases_covers_nothing(tmp_path: Path) -> None:
    story = healthy()
    story.events = [event for event in story.events if event["phase"] == "setup"]

    assert told(story, tmp_path)[0] == (
        "INCONCLUSIVE: No probed phase was begun, so no request can be charged to one."
    )
