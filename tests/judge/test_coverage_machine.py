"""A machine without room, and servers that nobody saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge.model import Verdict
from tests.judge.story import (
    ISSUE,
    LOAD,
    VALIDATE,
    Story,
    healthy,
    judged,
    question,
    sentences,
)


def told(story: Story, path: Path, *overrides: str) -> list[str]:
    judgement = judged(story, path, *overrides)
    assert question(judgement, "coverage").verdict is not Verdict.FAIL
    return sentences(judgement, "coverage")


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
        "ms); of 60 requests due in its 10.0 s (6.0 a second) 52 were answered in it (5.2 a second); lower "
        "the rates of probes and load, or use a larger machine."
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
        "(allowed: 100 ms); of 60 requests due in its 10.0 s (6.0 a second) 60 were answered in it (6.0 a "
        "second); lower the rates of probes and load, or use a larger machine.",
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
        "INCONCLUSIVE: No answer that names node1 and node2 was seen in the baseline, and 60 answers came "
        "without the header that names a node, so whether they served is not known."
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
