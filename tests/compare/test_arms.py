"""Which runs belong together, and which of them is shown as typical."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.compare.comparison import typical
from harness.compare.stored import compare_stored
from tests.compare.runs import DRAINED, UNDRAINED, draining, run, series
from tests.judge.story import LOAD, NEW, OLD, healthy

SHORT, LONG, LONGER = (23.0, 24.0), (23.0, 25.0), (23.0, 26.0)


def test_drained_and_undrained_are_the_arms_in_the_order_in_which_they_are_given(tmp_path: Path) -> None:
    comparison = draining(tmp_path, [[SHORT], [LONG]], [[], []])

    assert comparison.arms.about_draining
    assert [(arm.name, [r.name for r in arm.runs]) for arm in comparison.arms.arms] == [
        ("undrained", ["undrained/run-0", "undrained/run-1"]),
        ("drained", ["drained/run-0", "drained/run-1"]),
    ]
    assert [arm.settings for arm in comparison.arms.arms] == [
        (("roll.drained", "false"),),
        (("roll.drained", "true"),),
    ]


def test_arms_whose_scenarios_are_called_alike_are_named_by_what_differs(tmp_path: Path) -> None:
    runs = [
        run(tmp_path / str(n), n, name="mine", balancer={"retries": retries})
        for n, retries in enumerate((3, 0))
    ]

    assert [arm.name for arm in compare_stored(runs).arms.arms] == [
        "balancer.retries=3",
        "balancer.retries=0",
    ]


def test_release_pairs_are_arms_named_by_their_versions(tmp_path: Path) -> None:
    other = healthy()
    other.to = "28.0.1"
    other.detail("contract", "prove_nodes")["expected"] = other.to
    runs = [run(tmp_path / "a", 0), run(tmp_path / "b", 1, story=other)]
    # The story's answers still come from 29.1.0, which coverage objects to; names are known before that.
    for row in other.records.values():
        for record in row:
            record["release"] = other.to if record["release"] == NEW else record["release"]
    runs[1] = run(tmp_path / "b", 1, story=other)

    comparison = compare_stored(runs)

    assert comparison.arms.by == ("to",)
    assert [arm.name for arm in comparison.arms.arms] == [f"{OLD} to {NEW}", f"{OLD} to 28.0.1"]


def test_the_typical_run_is_the_one_in_the_middle_by_seconds_of_outage(tmp_path: Path) -> None:
    undrained, _ = draining(tmp_path, [[LONGER], [SHORT], [LONG]], [[]]).arms.arms

    assert typical(undrained).figures.outage_s == 2.0


def test_of_an_even_number_of_runs_the_worse_of_the_two_in_the_middle_is_typical(tmp_path: Path) -> None:
    undrained, _ = draining(tmp_path, [[LONGER], [SHORT]], [[]]).arms.arms

    assert typical(undrained).figures.outage_s == 3.0


def test_runs_with_as_many_seconds_of_outage_are_ordered_by_their_failed_requests(tmp_path: Path) -> None:
    # More of the same second, in a lane that has no schedule.
    both = healthy(drained=False)
    both.fail(LOAD, 23.5, 24.0)
    paths = [
        run(tmp_path / "u" / "0", 0, SHORT, **UNDRAINED),
        run(tmp_path / "u" / "1", 1, SHORT, story=both, **UNDRAINED),
        run(tmp_path / "u" / "2", 2, SHORT, **UNDRAINED),
        run(tmp_path / "d" / "0", 3, **DRAINED),
    ]
    undrained = compare_stored(paths).arms.arms[0]

    assert typical(undrained).figures.failed == 2


def test_figures_of_a_run_are_those_of_its_outages_stalls_and_roll(tmp_path: Path) -> None:
    comparison = draining(tmp_path, [[SHORT, (33.0, 35.0)]], [[]])
    undrained, calm = (arm.runs[0].figures for arm in comparison.arms.arms)

    assert (undrained.failed, undrained.outage_s, undrained.longest_outage_s) == (6, 3.0, 2.0)
    assert (calm.failed, calm.outage_s, calm.longest_outage_s) == (0, 0.0, 0.0)
    assert undrained.longest_stall_s == pytest.approx(1.52, abs=0.02)  # from when due until answered
    assert undrained.roll_s == pytest.approx(18.9)  # from the first stop at 23.1 to the last settle at 42.0
    assert calm.roll_s == pytest.approx(20.0)  # from the first drain at 22.0
    roll = calm.roll_latency()
    assert roll is not None
    assert roll.p50_ms == pytest.approx(20.0)


def test_masked_failures_are_unknown_where_the_balancer_was_not_sampled(tmp_path: Path) -> None:
    comparison = draining(tmp_path, [[]], [[]])

    assert comparison.arms.arms[0].runs[0].figures.retried is None
    assert comparison.of("retried").summaries == (None, None)
    assert comparison.of("retried").against == (None,)


def test_masked_failures_are_the_growth_of_the_balancers_counters(tmp_path: Path) -> None:
    def sampled(*retries: int) -> list[dict[str, object]]:
        return [
            {"mono_ns": 1_000_000_000_000 + (20 + n) * 1_000_000_000, "servers": {"node1": _counters(count)}}
            for n, count in enumerate(retries)
        ]

    paths = []
    for number, scenario in enumerate((UNDRAINED, DRAINED)):
        story = healthy(drained=number == 1)
        story.balancer = sampled(1, 1, 5) if number == 0 else sampled(1, 1, 1)
        paths.append(run(tmp_path / str(number), number, story=story, **scenario))
    undrained, calm = (arm.runs[0].figures for arm in compare_stored(paths).arms.arms)

    assert (undrained.retried, undrained.redispatched, undrained.refused) == (4, 0, 0)
    assert (calm.retried, calm.redispatched, calm.refused) == (0, 0, 0)


def _counters(retries: int) -> dict[str, int]:
    return {"wretr": retries, "wredis": 0, "econ": 0, "eresp": 0, "hrsp_5xx": 0}


def test_the_figure_that_decides_is_tested_and_no_other(tmp_path: Path) -> None:
    comparison = draining(tmp_path, [[SHORT], [LONG], [LONGER]], [[], [], []])
    deciding = comparison.of("outage_s").against[0]
    others = [each.against[0] for each in comparison.compared if not each.is_primary and each.against[0]]

    assert deciding is not None
    assert deciding.difference.p_value == deciding.corrected_p == pytest.approx(0.1)
    assert len(others) > 3
    assert {(other.difference.p_value, other.corrected_p) for other in others} == {(None, None)}
    assert {each.p_value for row in comparison.latency for each in row.differences if each} == {None}


def test_an_arm_tells_what_its_runs_say_of_themselves_where_they_agree(tmp_path: Path) -> None:
    stopped = {**UNDRAINED, "description": "Each node is stopped under load."}
    runs = [*series(tmp_path, (stopped, [[], []]), (DRAINED, [[]]))]
    runs.append(run(tmp_path / "odd", 9, **DRAINED, description="Drained, on a Sunday."))

    assert [arm.description for arm in compare_stored(runs).arms.arms] == [
        "Each node is stopped under load.", "",
    ]  # fmt: skip


def test_what_a_file_says_of_itself_is_not_said_of_an_arm_that_the_command_line_made(tmp_path: Path) -> None:
    def told(number: int, *command: str) -> str:
        story = healthy(drained=number == 0)
        story.command = ["harness", "run", "drained.toml", *command]
        scenario = {
            "name": f"arm-{number}",
            "description": "Each node is drained.",
            "roll": {"drained": not number},
        }
        runs = [run(tmp_path / str(number) / str(command), number, story=story, **scenario)]
        runs.append(run(tmp_path / str(number) / "other", 5, **(UNDRAINED if number == 0 else DRAINED)))
        return compare_stored(runs).arms.arms[0].description

    assert told(0, "--set", "name=arm-0") == "Each node is drained."
    assert told(1, "--set", "roll.drained=false") == ""
    assert told(1, "--set", "roll.drained=false", "--set", "description=Mine.") == "Each node is drained."


def test_runs_given_in_another_order_make_the_same_comparison(tmp_path: Path) -> None:
    runs = series(tmp_path, (UNDRAINED, [[SHORT], [LONG]]), (DRAINED, [[], []]))
    there = compare_stored(runs)
    shuffled = compare_stored([runs[0], runs[3], runs[2], runs[1]])

    assert [r.path for arm in there.arms.arms for r in arm.runs] == [
        r.path for arm in shuffled.arms.arms for r in arm.runs
    ]
    assert there.compared == shuffled.compared
