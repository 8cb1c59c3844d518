"""What a deployment could not do is asked of nobody, and told; what it could do and was left out is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence.names import Ability
from harness.judge.model import Verdict
from tests.judge.story import ISSUE, NO_LOG, NODES, Story, healthy, judged, ns, question, sentences

NO_DRAIN = "this deployment gives no way to take a node out of its balancer"
EVERY: list[str] = sorted(Ability)


def without(*absent: Ability) -> list[str]:
    return [ability for ability in EVERY if ability not in absent]


def skip(story: Story, step: str, at: float, **reason: str) -> None:
    """Leave a step of the roll out on every node."""
    for node in NODES:
        story.forget("roll", step, node)
        story.event(at, "skip", "roll", step, node=node, **reason)


def undrainable() -> Story:
    """A drained roll is asked for, and the deployment can not drain."""
    story = healthy()
    story.abilities = without(Ability.DRAIN)
    for step in ("drain", "wait_drained", "maint", "ready"):
        skip(story, step, 23.0, reason=NO_DRAIN)
    story.balancer = [{"mono_ns": ns(second), "servers": {"node1": {"wretr": 0}}} for second in (20, 21)]
    return story


def test_a_roll_that_could_not_be_drained_is_proven_and_the_limits_say_that_it_was_not_drained(
    tmp_path: Path,
) -> None:
    judgement = judged(undrainable(), tmp_path)

    assert (judgement.verdict, question(judgement, "procedure").verdict) == (Verdict.PASS, Verdict.PASS)
    assert (
        "The scenario asks for a drained roll, and this deployment gives no way to take a node out of its "
        "balancer: nodes were rolled undrained." in judgement.limits
    )


def test_an_outage_in_a_roll_that_could_not_be_drained_is_laid_to_an_undrained_stop(tmp_path: Path) -> None:
    story = undrainable()
    story.fail(ISSUE, 23.4, 24.1)
    assert "node1 was stopped (roll, undrained)" in sentences(judged(story, tmp_path), "availability")[0]


@pytest.mark.parametrize("abilities", [EVERY, None], ids=["able", "a run that does not tell"])
def test_a_drain_that_was_possible_and_is_left_out_fails_whatever_reason_is_given(
    tmp_path: Path, abilities: list[str] | None
) -> None:
    story = undrainable()
    story.abilities = abilities
    assert (
        f"FAIL: Step drain on node1 in phase roll was skipped ({NO_DRAIN}), and this upgrade needs it."
        in (sentences(judged(story, tmp_path), "procedure"))
    )


def test_an_ability_that_is_absent_excuses_no_other_step(tmp_path: Path) -> None:
    story = healthy()
    story.abilities = without(Ability.DRAIN)
    skip(story, "wait_up", 25.0, reason="no time")
    assert "FAIL: Step wait_up on node2 in phase roll was skipped (no time), and this upgrade needs it." in (
        sentences(judged(story, tmp_path), "procedure")
    )


def test_a_step_that_was_not_possible_and_is_not_in_the_journal_fails(tmp_path: Path) -> None:
    story = healthy()
    story.abilities = without(Ability.BALANCER_COUNTERS)
    story.forget("roll", "wait_up", "node1")
    assert sentences(judged(story, tmp_path), "procedure") == [
        "FAIL: Step wait_up on node1 in phase roll is not in the journal of a run that completed."
    ]


def test_a_wait_that_was_not_possible_is_left_out_with_its_reason(tmp_path: Path) -> None:
    story = healthy()
    story.abilities = without(Ability.BALANCER_COUNTERS)
    skip(story, "wait_up", 25.0, reason="this deployment does not tell whom its balancer sees up")
    judgement = judged(story, tmp_path)

    assert question(judgement, "procedure").verdict is Verdict.PASS
    told = [limit for limit in judgement.limits if "balancer" in limit and limit != NO_LOG]
    assert told == [
        "Whether the balancer saw a node up before the next one was rolled, and what it kept from its "
        "clients, is not known: this deployment does not tell what its balancer sees and counts."
    ]


def test_one_without_a_reason_is_not_known_to_have_been_planned(tmp_path: Path) -> None:
    story = healthy()
    story.abilities = without(Ability.BALANCER_COUNTERS)
    skip(story, "wait_up", 25.0)
    assert sentences(judged(story, tmp_path), "procedure") == [
        f"INCONCLUSIVE: Step wait_up on {node} in phase roll was skipped and no reason is journalled."
        for node in NODES
    ]


def test_a_database_that_can_not_be_watched_is_no_gap_and_the_limits_say_so(tmp_path: Path) -> None:
    story = healthy()
    story.watch()
    story.activity.clear()
    story.abilities = EVERY
    assert question(judged(story, tmp_path / "able"), "procedure").verdict is Verdict.INCONCLUSIVE

    story.abilities = without(Ability.DATABASE_ACTIVITY)
    judgement = judged(story, tmp_path / "unable")
    assert question(judgement, "procedure").verdict is Verdict.PASS
    assert (
        "Waits for locks in the database went unseen: this deployment does not let them be watched."
        in judgement.limits
    )


def test_each_ability_that_is_absent_is_told_once_and_none_where_nothing_is_known(tmp_path: Path) -> None:
    story = healthy()
    story.abilities = []
    none = judged(story, tmp_path / "none").limits
    story.abilities = EVERY
    every = judged(story, tmp_path / "every").limits
    story.abilities = None
    old = judged(story, tmp_path / "old").limits

    assert old == every
    told = [limit for limit in none if limit not in every]
    # No known-good target is told by its lanes, no rows by the kinds of old data that they are missed for.
    assert len(told) == len(EVERY) - 2
    assert sum("backed up" in limit for limit in told) == sum("on purpose" in limit for limit in told) == 1
    assert sum("log_bin_trust_function_creators" in limit for limit in told) == 1
    assert sum("No known-good target was probed" in limit for limit in none) == 1
