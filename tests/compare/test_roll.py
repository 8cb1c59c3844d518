"""The time of the roll is one figure: comparison and baseline take it from one measure."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare.measured import measure
from harness.judge.case import Case
from harness.judge.evidence import load_evidence
from tests.judge.story import Story, healthy, ns


def checked_between_nodes() -> Story:
    """Nodes that take 8 s and 9 s, with checks of continuity for 2 s between them and a read-back after."""
    story = healthy()
    story.find("roll", "settle", "node1")["mono_ns"] = ns(30)
    story.step("roll", "check_continuity", 30, 31, node="node1")
    story.step("roll", "check_cohort", 31, 32)
    story.find("roll", "settle", "node2")["mono_ns"] = ns(41)
    story.step("roll", "read_back", 41, 42)
    return story


def roll_s(story: Story, path: Path) -> tuple[float | None, float | None]:
    """As a comparison tells it, and as a baseline keeps it."""
    run = story.write(path)
    return measure(run.path).figures.roll_s, Case(load_evidence(run)).figures.roll_s


def test_checks_and_read_backs_of_the_harness_are_no_time_of_the_roll_for_anybody(tmp_path: Path) -> None:
    compared, kept = roll_s(checked_between_nodes(), tmp_path)

    assert compared == kept == pytest.approx(17.0)


def test_the_settling_of_the_last_node_belongs_to_the_roll(tmp_path: Path) -> None:
    story = healthy()
    story.find("roll", "settle", "node2")["mono_ns"] = ns(41.5)

    compared, kept = roll_s(story, tmp_path)

    assert compared == kept == pytest.approx(19.5)


def test_a_roll_that_a_failed_step_left_took_no_time_that_anybody_knows(tmp_path: Path) -> None:
    story = healthy()
    story.forget("roll", "settle", "node2")
    story.find("roll", "wait_up", "node2")["edge"] = "fail"
    story.find("roll", None)["edge"] = "fail"

    assert roll_s(story, tmp_path) == (None, None)
