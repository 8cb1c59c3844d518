"""Whether a run is worse than earlier ones, and what may be compared at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from harness.evidence.history import CellFigures, RunFigures, read_history, write_history
from harness.evidence.rundir import RunDirectory
from harness.judge import judge_run, write_verdict
from harness.judge.case import Case
from harness.judge.evidence import load_evidence
from harness.judge.measures.figure_changes import CELL, WHOLE_RUN, figure_changes
from harness.judge.model import Verdict
from harness.judge.questions.regression import span, what
from tests.judge.earlier_runs import stored_history
from tests.judge.story import ISSUE, VALIDATE, healthy, question


def _figures(**changed: Any) -> RunFigures:
    usual: dict[str, Any] = {
        "requests": 1_500,
        "failed": 0,
        "outage_s": 0.0,
        "stall_s": 0.5,
        "p50_ms": 30.0,
        "p99_ms": 90.0,
        "roll_s": 33.0,
        "cells": (),
    }
    return RunFigures(**{**usual, **changed})


def _worse(now: RunFigures, *earlier: RunFigures) -> list[str]:
    return [each.measure for each in figure_changes(now, earlier) if each.worse]


ALIKE = tuple(_figures(roll_s=roll, p50_ms=p50, p99_ms=p99, stall_s=stall) for roll, p50, p99, stall in (
    (33.0, 30.0, 90.0, 0.50), (32.1, 31.0, 97.0, 0.52), (33.6, 29.4, 85.0, 0.47), (32.7, 30.4, 99.0, 0.55),
    (33.2, 30.8, 93.0, 0.49),
))  # fmt: skip
"""Five runs as they differ by chance."""


def _hurting(*failed: int) -> list[RunFigures]:
    return [_figures(failed=count, outage_s=count / 4, roll_s=33.0 + count / 20) for count in failed]


# --- the tests


def test_a_run_like_the_earlier_ones_is_not_worse() -> None:
    assert _worse(ALIKE[0], *ALIKE[1:]) == []


def test_a_roll_that_takes_a_third_longer_is_worse() -> None:
    assert _worse(_figures(roll_s=44.0), *ALIKE) == ["roll_s"]


def test_twice_the_p99_is_worse_and_the_bound_lies_between() -> None:
    (tail,) = [each for each in figure_changes(_figures(p99_ms=300.0), ALIKE) if each.measure == "p99_ms"]

    assert tail.worse
    assert max(tail.earlier) < tail.bound < tail.value


def test_one_failure_after_none_in_three_runs_is_chance_and_five_are_not() -> None:
    """The exact test of two Poisson counts: 1 of 1 in a quarter of the time has p = 1/4, 5 of 5 p = 1/1024;
    six comparisons make that 0.006."""
    none = _hurting(0, 0, 0)

    assert _worse(_figures(failed=1, outage_s=0.5), *none) == []
    assert _worse(_figures(failed=5, outage_s=0.5), *none) == ["failed"]


def test_failures_that_vary_from_run_to_run_need_more_to_be_worse_than_counts_alone_would_say() -> None:
    bursts = _hurting(4, 30, 11, 20)

    assert _worse(_figures(failed=40, outage_s=10.0, roll_s=34), *bursts) == []
    assert "failed" in _worse(_figures(failed=400, outage_s=10.0, roll_s=34), *bursts)


def test_how_long_an_outage_is_is_not_tested_where_there_was_none() -> None:
    changes = figure_changes(_figures(outage_s=9.0), _hurting(0, 0, 0))
    (outage,) = [each for each in changes if each.measure == "outage_s"]

    assert (outage.p_value, outage.worse) == (None, False)


def test_what_is_surely_different_and_of_no_practical_matter_is_not_worse() -> None:
    """Earlier runs without any spread: the floors of 20 ms and 1.5 times decide."""
    alike = [_figures()] * 3

    assert _worse(_figures(p50_ms=44.0), *alike) == []
    assert _worse(_figures(p50_ms=54.0), *alike) == ["p50_ms"]


def test_three_runs_with_a_spread_tell_little_and_say_so_by_their_bound() -> None:
    spread = [_figures(p99_ms=ms) for ms in (70.0, 100.0, 140.0)]
    (tail,) = [each for each in figure_changes(_figures(p99_ms=250.0), spread) if each.measure == "p99_ms"]

    assert not tail.worse
    assert tail.bound > 250.0


def test_a_lane_that_only_some_runs_have_is_not_compared() -> None:
    cell = CellFigures(
        phase="roll", lane=ISSUE, requests=100, failed=0, outage_s=0, stall_s=1, p50_ms=1, p99_ms=2
    )
    with_it, without = _figures(cells=(cell,)), _figures()

    assert not [each for each in figure_changes(with_it, [with_it, without, with_it]) if each.lane]
    assert len([each for each in figure_changes(with_it, [with_it] * 3) if each.lane]) == 5


def test_a_run_like_the_earlier_ones_is_called_worse_no_oftener_than_said() -> None:
    """200 times six runs from one distribution, seeded: at most 5 % false alarms, and two errors of that."""
    rng = np.random.default_rng(4)

    def run() -> RunFigures:
        burst = int(rng.negative_binomial(3, 0.2))
        return _figures(
            roll_s=float(33 * rng.lognormal(0, 0.03)),
            stall_s=float(0.5 * rng.lognormal(0, 0.3)),
            p50_ms=float(30 * rng.lognormal(0, 0.2)),
            p99_ms=float(90 * rng.lognormal(0, 0.4)),
            failed=burst,
            outage_s=burst * float(rng.uniform(0.1, 0.3)),
        )

    alarms = sum(bool(_worse(run(), *(run() for _ in range(5)))) for _ in range(200))

    assert alarms <= 200 * 0.05 + 2 * (200 * 0.05 * 0.95) ** 0.5


def test_each_figure_is_compared_and_has_words_and_a_unit() -> None:
    assert set(WHOLE_RUN) == set(RunFigures.model_fields) - {"requests", "cells"}
    assert set(CELL) == set(CellFigures.model_fields) - {"requests", "phase", "lane"}
    changes = figure_changes(ALIKE[0], ALIKE[1:])
    assert [each.measure for each in changes] == list(WHOLE_RUN)
    assert len({what(each) for each in changes}) == len(WHOLE_RUN)
    assert all(span(each) for each in changes)


# --- of stored runs


def test_the_figures_of_a_run_are_those_of_its_requests(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.6)

    found = Case(load_evidence(story.write(tmp_path))).figures

    assert (found.requests, found.failed, found.outage_s, found.roll_s) == (312, 3, 2.0, 18.9)
    assert (found.p50_ms, found.p99_ms) == (20.0, 20.0)
    (cell,) = [each for each in found.cells if (each.phase, each.lane) == ("roll", ISSUE)]
    assert (cell.failed, cell.outage_s, cell.requests) == (3, 1.5, 40)
    assert None not in found.model_dump().values(), "a figure of the history that nobody takes"
    assert None not in cell.model_dump().values()


def test_a_baseline_keeps_runs_by_time_and_is_read_as_it_was_written(tmp_path: Path) -> None:
    history = stored_history(tmp_path)
    file = tmp_path / "baseline.json"

    write_history(history, file)

    assert read_history(file) == history
    assert [run.name for run in history.runs] == ["drained/run0", "drained/run1", "drained/run2"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_run_as_before_says_so_with_every_figure_and_is_advisory(tmp_path: Path) -> None:
    run = healthy().write(tmp_path / "now")

    asked = question(judge_run(run, history=stored_history(tmp_path)), "regression")

    assert (asked.verdict, asked.advisory) == (Verdict.PASS, True)
    assert [finding.sentence for finding in asked.findings] == [
        "Not shown to be worse than 3 earlier runs: failed requests 0 (0 to 0), seconds of outage 0 s (0 s "
        "to 0 s), longest time without a success 0.02 s (0.02 s to 0.02 s), time of the roll 20 s (20 s to "
        "20 s), median latency 20 ms (20 ms to 20 ms), p99 latency 20 ms (20 ms to 20 ms)."
    ]


def _slow(path: Path, **gate: Any) -> RunDirectory:
    story = healthy()
    for lane in (ISSUE, VALIDATE):
        story.slow(lane, 2, 54, 0.08)
    story.scenario["gate"] = gate
    return story.write(path)


def test_a_run_that_is_worse_is_advisory_unless_the_gate_says_that_it_fails(tmp_path: Path) -> None:
    history = stored_history(tmp_path)

    told = judge_run(_slow(tmp_path / "told"), history=history)
    failed = judge_run(_slow(tmp_path / "failed", worse_fails=True), history=history)

    assert question(told, "regression").verdict is Verdict.FAIL
    assert (told.verdict, failed.verdict) == (Verdict.PASS, Verdict.FAIL)
    assert failed.headline == (
        "The upgrade failed: Worse than before: median latency 100 ms, in 3 earlier runs 20 ms to 20 ms, "
        "+400% against their mean; a further run like them is expected to stay under 20 ms (95 % "
        "prediction bound; p < 0.0001 after correction for 5 comparisons)."
    )


def test_a_run_that_did_not_complete_is_not_compared(tmp_path: Path) -> None:
    story = healthy()
    story.outcome = "aborted"

    asked = question(judge_run(story.write(tmp_path / "now"), history=stored_history(tmp_path)), "regression")

    assert asked.verdict is Verdict.INCONCLUSIVE
    assert asked.findings[0].sentence == (
        "The run did not complete, so its figures can not be compared with those of whole runs."
    )


def test_the_earlier_runs_kept_with_a_run_are_used_when_it_is_judged_again(tmp_path: Path) -> None:
    run = healthy().write(tmp_path / "now")
    write_history(stored_history(tmp_path), run.baseline)

    judgement = judge_run(run)
    write_verdict(judgement, run.verdict)

    assert question(judgement, "regression").verdict is Verdict.PASS
    row = orjson.loads(run.verdict.read_bytes())["earlier"][0]
    assert (row["measure"], row["value"], row["earlier"], row["worse"]) == ("failed", 0.0, [0.0] * 3, False)


def test_without_earlier_runs_the_question_is_not_asked(tmp_path: Path) -> None:
    judgement = judge_run(healthy().write(tmp_path))

    assert "regression" not in [each.name for each in judgement.questions]


def test_a_comparison_has_the_mean_of_the_earlier_runs() -> None:
    (roll,) = [each for each in figure_changes(_figures(), ALIKE) if each.measure == "roll_s"]

    assert replace(roll, earlier=(30.0, 36.0)).mean == 33.0
