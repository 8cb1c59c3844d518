"""Is draining worth it here? Each answer, and the numbers it must agree with, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare.answer import Conclusion, runs_needed
from harness.compare.stored import compare_stored
from tests.compare.runs import DRAINED, UNDRAINED, Outages, answered, draining, run, series
from tests.judge.story import NEW, healthy

# token_issue is asked every half second: what fails from 23 to 24 is two requests and an outage of 1.0 s.
SHORT, LONG, LONGER = (23.0, 24.0), (23.0, 25.0), (23.0, 26.0)


def test_yes_where_every_undrained_run_was_hit_and_no_drained_one(tmp_path: Path) -> None:
    told = answered(draining(tmp_path, [[SHORT], [LONG], [LONGER], [LONG]], [[], [], [], []]))

    assert told.question == "Is draining worth it here?"
    assert told.answer is Conclusion.YES
    assert told.sentence == (
        "Yes: 4 undrained runs had 2.0 s of disruption (1.0 s to 3.0 s) and 4 failed requests on "
        "average, 4 drained runs had no failed request; the drained roll took 20.0 s, 1.1 s more than the "
        "undrained one; p = 0.029, the smallest that so many runs can give."
    )


def test_yes_and_not_enough_where_drained_runs_were_hit_as_well_but_less(tmp_path: Path) -> None:
    told = answered(draining(tmp_path, [[LONG], [LONGER], [LONG], [LONG]], [[SHORT], [], [], []]))

    assert told.answer is Conclusion.YES
    assert told.sentence.startswith(
        "Yes: 4 undrained runs had 2.2 s of disruption (2.0 s to 3.0 s) and 4.5 failed requests on "
        "average, 4 drained runs had 0.25 s of disruption (0 s to 1.0 s) and 0.5 failed requests on "
        "average, so draining alone is not enough; "
    )


def test_no_where_drained_runs_came_out_worse(tmp_path: Path) -> None:
    told = answered(draining(tmp_path, [[], [], [], []], [[SHORT], [LONG], [LONGER], [LONG]]))

    assert told.answer is Conclusion.NO
    assert told.sentence.startswith(
        "No, draining made it worse: 4 undrained runs had no failed request, 4 drained runs had 2.0 "
        "s of disruption "
    )


def test_no_difference_where_nobody_was_hit_and_how_often_it_could_still_happen(tmp_path: Path) -> None:
    told = answered(draining(tmp_path, [[], [], [], []], [[], [], [], []]))

    assert told.answer is Conclusion.NO_DIFFERENCE
    assert told.sentence == (
        "No difference was shown: 4 undrained runs had no failed request, 4 drained runs had no failed "
        "request; the drained roll took 20.0 s, 1.1 s more than the undrained one; p = 1, and up to 53 % of "
        "such runs could still be disrupted."
    )


def test_no_difference_where_the_arms_overlap_and_what_difference_is_left_open(tmp_path: Path) -> None:
    # 25 of 70 ways to deal 2, 1, 0, 0, 1, 0, 0, 0 give four runs a sum of 3 or more, and 25 one of 1 or less.
    told = answered(draining(tmp_path, [[LONG], [SHORT], [], []], [[SHORT], [], [], []]))

    assert told.answer is Conclusion.NO_DIFFERENCE
    assert told.sentence.endswith(
        "; p = 0.71, and a difference from \N{MINUS SIGN}1.9 s to +0.93 s of disruption fits these runs."
    )


def test_no_difference_where_both_were_hit_alike_leaves_nothing_more_to_say(tmp_path: Path) -> None:
    told = answered(draining(tmp_path, [[SHORT]] * 4, [[SHORT]] * 4))

    assert told.answer is Conclusion.NO_DIFFERENCE
    assert told.sentence.endswith("1.1 s more than the undrained one; p = 1.")


def test_not_enough_runs_where_each_arm_has_one_however_clear_it_looks(tmp_path: Path) -> None:
    told = answered(draining(tmp_path, [[LONGER]], [[]]))

    assert told.answer is Conclusion.NOT_ENOUGH
    assert told.sentence == (
        "There are not enough runs to say: 1 undrained run had 3.0 s of disruption and 6 failed "
        "requests, 1 drained run had no failed request; the drained roll took 20.0 s, 1.1 s more than the "
        "undrained one; with 1 + 1 runs no test can be made, so make 4 of each."
    )


def test_not_enough_runs_where_three_of_each_could_not_tell_however_clear_it_looks(tmp_path: Path) -> None:
    told = answered(draining(tmp_path, [[LONG], [LONGER], [LONG]], [[], [], []]))

    assert told.answer is Conclusion.NOT_ENOUGH
    assert told.sentence.startswith("There are not enough runs to say: 3 undrained runs had 2.3 s ")
    assert told.sentence.endswith("; with 3 + 3 runs no p-value below 0.1 is possible, so make 4 of each.")


def test_the_answer_is_the_same_whichever_arm_is_given_first(tmp_path: Path) -> None:
    runs = series(tmp_path, (DRAINED, [[], [], [], []]), (UNDRAINED, [[SHORT], [LONG], [LONGER], [LONG]]))
    there, back = compare_stored(runs), compare_stored(runs[::-1])

    assert [arm.name for arm in there.arms.arms] == ["drained", "undrained"]
    assert [arm.name for arm in back.arms.arms] == ["undrained", "drained"]
    assert answered(there) == answered(back)


def test_any_other_setting_is_asked_whether_it_matters_and_told_which_way(tmp_path: Path) -> None:
    on, off = ({"name": f"retries_{n}", "balancer": {"retries": n}} for n in (3, 0))
    hit: list[Outages] = [[SHORT], [LONG], [LONG], [LONG]]
    told = answered(compare_stored(series(tmp_path, (on, [[]] * 4), (off, hit))))

    assert told.question == "Does balancer.retries matter here?"
    assert told.answer is Conclusion.YES
    assert told.sentence == (
        "Yes, retries_0 was worse than retries_3: 4 retries_0 runs had 1.8 s of disruption (1.0 s to 2.0 "
        "s) and 3.5 failed requests on average, 4 retries_3 runs had no failed request; p = 0.029, the "
        "smallest that so many runs can give."
    )


def test_three_arms_are_each_held_against_the_first_and_pay_for_being_two_comparisons(tmp_path: Path) -> None:
    graceful, term, kill = (
        {"name": signal, "roll": {"drained": False, "stop_signal": signal}}
        for signal in ("graceful", "term", "kill")
    )
    calm: list[Outages] = [[], [], [], []]
    hit: list[Outages] = [[SHORT], [LONG], [LONGER], [LONG]]
    comparison = compare_stored(series(tmp_path, (graceful, calm), (term, calm), (kill, hit)))
    told = answered(comparison)

    # 2 of 70 ways with 4 + 4 runs, times two comparisons: nothing could be told apart at 0.05.
    assert comparison.smallest_p(1) == comparison.smallest_p(2) == pytest.approx(4 / 70)
    assert told.answer is Conclusion.NOT_ENOUGH
    assert told.sentence.count("with 4 + 4 runs no p-value below 0.057 is possible, so make 5 of each.") == 2


def test_so_many_runs_of_each_arm_are_needed_that_a_difference_can_be_told() -> None:
    assert [runs_needed(arms) for arms in (2, 3, 4, 8)] == [4, 5, 5, 6]


def test_several_settings_are_asked_about_together_as_no_run_tells_one_from_the_other(tmp_path: Path) -> None:
    on = {"name": "on", "balancer": {"retries": 3, "redispatch": True}}
    off = {"name": "off", "balancer": {"retries": 0, "redispatch": False}}
    told = answered(compare_stored(series(tmp_path, (on, [[]]), (off, [[]])), ["balancer"]))

    assert told.question == "Do balancer.redispatch and balancer.retries together matter here?"


def test_two_pairs_of_releases_are_asked_about_as_the_pair(tmp_path: Path) -> None:
    other = healthy()
    other.to = "28.0.1"
    other.detail("contract", "prove_nodes")["expected"] = other.to
    for row in other.records.values():
        for record in row:
            record["release"] = other.to if record["release"] == NEW else record["release"]
    runs = [run(tmp_path / "a", 0), run(tmp_path / "b", 1, story=other)]

    assert answered(compare_stored(runs)).question == "Does the release pair matter here?"
