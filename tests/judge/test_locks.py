"""Waits for locks in the database: pieced together from samples, and held against their bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge.model import Verdict
from tests.judge.story import Story, healthy, judged, ns, question, sentences

ALTER = "ALTER TABLE service_provider ADD COLUMN x VARCHAR(?)"


def watched() -> Story:
    story = healthy()
    story.watch()
    return story


def wait(story: Story, start: float, end: float, *, thread: int = 7, ran_s: float = 0.0) -> None:
    """Have a statement seen waiting from `start` to `end`; it had run for `ran_s` before."""
    for sample in story.activity:
        if ns(start) <= sample["mono_ns"] < ns(end):
            seconds = (sample["mono_ns"] - ns(start)) / 1e9 + ran_s
            sample["waiting"].append(
                {
                    "thread": thread,
                    "account": "keystone",
                    "seconds": seconds,
                    "state": "Waiting for table metadata lock",
                    "statement": ALTER,
                }
            )


def test_a_run_that_was_watched_and_had_no_wait_passes(tmp_path: Path) -> None:
    judgement = judged(watched(), tmp_path)

    assert question(judgement, "procedure").verdict is Verdict.PASS
    expand = next(phase for phase in judgement.database.phases if phase.phase == "expand")
    assert (expand.samples, expand.gap_s_max, expand.oldest_transaction_s) == (16, 0.25, 0.01)


def test_a_run_made_before_the_database_was_watched_is_not_asked(tmp_path: Path) -> None:
    assert question(judged(healthy(), tmp_path), "procedure").verdict is Verdict.PASS


def test_a_wait_over_its_bound_fails_and_names_the_statement(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.5, 20.75)

    assert sentences(judged(story, tmp_path), "procedure") == [
        "FAIL: A lock held keystone-manage up for 2.0 s from 18.50 s into the run, in phase expand, step "
        "db_sync: a statement of keystone waited (Waiting for table metadata lock; allowed: 1 s): "
        f"{ALTER}; who held it was not seen."
    ]


def test_a_wait_within_its_bound_is_shown_and_fails_nothing(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.5, 19.25)

    judgement = judged(story, tmp_path)

    assert question(judgement, "procedure").verdict is Verdict.PASS
    assert [(w.waited_s, w.statement) for w in judgement.database.waits] == [(0.5, ALTER)]


def test_a_long_statement_is_not_charged_for_the_time_before_it_waited(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.5, 19.0, ran_s=60.0)

    judgement = judged(story, tmp_path)

    assert question(judgement, "procedure").verdict is Verdict.PASS
    assert judgement.database.waits[0].waited_s == pytest.approx(0.5)


def test_two_threads_are_two_waits(tmp_path: Path) -> None:
    story = watched()
    wait(story, 18.5, 20.0)
    wait(story, 18.75, 20.0, thread=8)

    assert len(judged(story, tmp_path).database.waits) == 2


def test_a_wait_that_an_earlier_phase_left_fails_where_it_outlasts_the_bound_in_a_database_phase(
    tmp_path: Path,
) -> None:
    story = watched()
    wait(story, 15, 18)
    wait(story, 41, 46.5, thread=8)

    assert sentences(judged(story, tmp_path), "procedure") == [
        "FAIL: A lock held keystone-manage up for 2.8 s from 15.00 s into the run, in phase trust: a "
        "statement of keystone waited (Waiting for table metadata lock; allowed: 1 s): "
        f"{ALTER}; who held it was not seen.",
        "FAIL: A lock held keystone-manage up for 5.2 s from 41.00 s into the run, in phase contract: a "
        "statement of keystone waited (Waiting for table metadata lock; allowed: 1 s): "
        f"{ALTER}; who held it was not seen.",
    ]


def test_a_wait_that_an_earlier_phase_left_is_shown_alone_where_it_soon_ends(tmp_path: Path) -> None:
    story = watched()
    wait(story, 36, 42.75)

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_a_wait_while_the_database_is_not_changed_is_shown_alone(tmp_path: Path) -> None:
    story = watched()
    wait(story, 24.5, 27)

    judgement = judged(story, tmp_path)

    assert question(judgement, "procedure").verdict is Verdict.PASS
    assert [(w.phase, w.step) for w in judgement.database.waits] == [("roll", "prove")]


def test_a_database_phase_that_was_not_watched_is_undecided(tmp_path: Path) -> None:
    story = watched()
    story.activity = [row for row in story.activity if not ns(18.2) < row["mono_ns"] < ns(21.8)]

    assert sentences(judged(story, tmp_path), "procedure") == [
        "INCONCLUSIVE: The database was not watched for 4.0 s of the phase expand (1 sample), so a wait for "
        "a lock over 1 s may have gone unseen."
    ]


def test_a_run_without_any_sample_is_undecided_in_every_database_phase(tmp_path: Path) -> None:
    story = watched()
    story.activity = []

    found = question(judged(story, tmp_path), "procedure")

    assert found.verdict is Verdict.INCONCLUSIVE
    assert [finding.phase for finding in found.findings] == ["trust", "expand", "contract"]
