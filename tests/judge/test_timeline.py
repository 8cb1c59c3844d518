"""The procedure on the run's clock."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from harness.judge.evidence import load_evidence
from harness.judge.model import NodeState, Timeline
from harness.judge.observations import AppliedMigration
from harness.judge.timeline import windows
from tests.judge.story import NEW, OLD, Story, healthy, judged, ns


def timeline(story: Story, path: Path) -> Timeline:
    return load_evidence(story.write(path)).timeline


def life(line: Timeline, node: str) -> list[tuple[str, str, float, float]]:
    def second(instant_ns: int) -> float:
        return (instant_ns - ns(0)) / 1e9

    def row(state: NodeState) -> tuple[str, str, float, float]:
        return state.state, state.release, second(state.start_ns), second(state.end_ns)

    return [row(state) for state in line.nodes if state.node == node]


def test_a_drained_node_goes_out_before_it_stops_and_serves_once_the_balancer_sees_it(tmp_path: Path) -> None:
    story = healthy()
    for edge in ("begin", "end"):
        story.find("roll", "stop", "node1", edge)["mono_ns"] += 400_000_000

    assert life(timeline(story, tmp_path), "node1") == [
        ("serving", OLD, 0.0, 22.0),
        ("draining", OLD, 22.0, 23.1),
        ("out", OLD, 23.1, 23.5),
        ("stopped", OLD, 23.5, 24.1),
        ("starting", NEW, 24.1, 29.0),
        ("serving", NEW, 29.0, 56.0),
    ]


def test_an_undrained_node_serves_once_it_is_proven(tmp_path: Path) -> None:
    assert life(timeline(healthy(drained=False), tmp_path), "node2") == [
        ("serving", OLD, 0.0, 33.1),
        ("stopped", OLD, 33.1, 34.1),
        ("starting", NEW, 34.1, 38.0),
        ("serving", NEW, 38.0, 56.0),
    ]


def test_a_node_whose_start_was_never_proven_stays_starting(tmp_path: Path) -> None:
    story = healthy()
    story.die(36)

    line = timeline(story, tmp_path)

    assert life(line, "node2")[-1][:2] == ("starting", NEW)
    assert life(line, "node1")[-1][:2] == ("serving", NEW)


def test_what_was_under_way_when_the_journal_broke_off_lasts_until_the_last_request_ended(
    tmp_path: Path,
) -> None:
    story = healthy()
    story.events = [event for event in story.events if event["mono_ns"] <= ns(19)]

    line = timeline(story, tmp_path)

    assert (line.phases[-1].phase, line.phases[-1].edge, line.phases[-1].end_ns) == (
        "expand",
        "begin",
        line.end_ns,
    )
    assert line.end_ns == max(row["end_ns"] for rows in story.records.values() for row in rows)


def test_a_moment_between_two_phases_belongs_to_the_earlier_and_a_skipped_phase_takes_no_time(
    tmp_path: Path,
) -> None:
    windows_of = windows(timeline(healthy(), tmp_path))

    assert [w.phase for w in windows_of] == [
        "baseline", "preflight", "trust", "expand", "roll", "contract", "restore", "cooldown",
    ]  # fmt: skip
    assert (windows_of[1].start_ns, windows_of[1].end_ns) == (ns(12), ns(16.1))
    assert all(one.end_ns == other.start_ns for one, other in pairwise(windows_of))


def test_begin_and_end_tell_their_details_together(tmp_path: Path) -> None:
    story = healthy()
    story.find("expand", "db_sync", edge="begin")["detail"] = {"exit_code": None, "why": "asked"}

    step = next(s for s in timeline(story, tmp_path).steps if (s.phase, s.step) == ("expand", "db_sync"))

    assert (step.detail["why"], step.detail["exit_code"]) == ("asked", 0)


def test_migrations_are_listed_as_journalled(tmp_path: Path) -> None:
    assert judged(healthy(), tmp_path).migrations == (
        AppliedMigration("expand", "742c857f1dfb", "Add an index", ns(19), 0.1, at_most=True),
    )


def test_overhead_is_what_is_neither_a_command_nor_a_wait(tmp_path: Path) -> None:
    story = Story()
    story.phase("setup", 0, 5)
    story.step("setup", "load_up", 0, 5)
    story.phase("expand", 5, 15)
    story.step("expand", "db_sync", 6, 14)

    overhead = judged(story, tmp_path).overhead

    assert overhead == {"wall_s": 10.0, "busy_s": 8.0, "overhead_percent": 25.0}


def test_a_run_that_was_never_busy_has_no_overhead_to_speak_of(tmp_path: Path) -> None:
    story = Story()
    story.phase("expand", 0, 10)

    assert judged(story, tmp_path).overhead == pytest.approx({"wall_s": 10.0, "busy_s": 0.0})
