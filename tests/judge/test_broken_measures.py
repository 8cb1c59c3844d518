"""A measure that breaks names itself, makes its questions INCONCLUSIVE, and loses no other answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.history import History
from harness.judge import case as module
from harness.judge.case import BrokenMeasure, Case, Measure
from harness.judge.evidence import load_evidence
from harness.judge.history import make_history
from harness.judge.model import Finding, Judgement, Verdict
from harness.judge.verdict import judge_run
from harness.report import write_report
from tests.judge.story import ISSUE, Story, healthy, judged, question

MEASURES = {name: each for name, each in vars(Case).items() if isinstance(each, Measure)}
USED_BY = {
    "saturation": {"coverage", "availability", "impact", "regression"},
    "charged_failures": {"availability", "regression"},
    "downtime": {"availability", "regression"},
    "silences": {"availability", "regression"},
    "stalls": {"regression"},
    "whole_silences": {"availability"},
    "detectable": {"availability"},
    "counts": {"coverage", "availability"},
    "lane_stats": {"regression"},
    "impact_bounds": {"impact"},
    "impacts": {"impact"},
    "slow_stretches": {"impact"},
    "database_activity": {"procedure"},
    "nodes_out": {"procedure"},
    "logged": {"procedure", "coverage"},
    "unasked": {"coverage"},
    "roll_time": {"regression"},
    "figures": {"regression"},
    "figure_changes": {"regression"},
}
"""The questions that rest on a measure; those that no question rests on are told by coverage."""


def asked_everything() -> Story:
    story = healthy()
    story.scenario |= {
        "integrity": {"enabled": True},
        "impact": {"advisory": False},
        "judge": {"lock_wait_s_max": 5.0},
    }
    story.watch()
    story.reference()
    return story


def broken(_: object) -> object:
    raise ZeroDivisionError("secret detail")


def faults(judgement: Judgement) -> dict[str, list[Finding]]:
    found = {q.name: [f for f in q.findings if f.of_the_harness] for q in judgement.questions}
    return {name: findings for name, findings in found.items() if findings}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Three sound runs to judge beside, so that every question but continuity is asked."""
    folder = tmp_path_factory.mktemp("sound")
    runs = [replace(asked_everything(), nth=number).write(folder / f"run{number}") for number in range(3)]
    return make_history([run.path for run in runs])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, sound: History) -> Judgement:
    return judge_run(asked_everything().write(tmp_path_factory.mktemp("whole")), history=sound)


def test_the_story_that_is_broken_asks_for_every_measure(whole: Judgement) -> None:
    assert [q.name for q in whole.questions if q.name != "integrity"] == [
        "procedure", "coverage", "availability", "impact", "regression"
    ]  # fmt: skip
    assert faults(whole) == {}


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_a_measure_that_breaks_is_named_and_makes_only_its_own_questions_inconclusive(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Judgement, sound: History
) -> None:
    run = asked_everything().write(tmp_path / "now")
    monkeypatch.setattr(MEASURES[name], "_take", broken)

    judgement = judge_run(run, history=sound)

    assert judgement.verdict is not Verdict.PASS
    sentence = (
        f"the measure of {name.replace('_', ' ')} broke with ZeroDivisionError; this is a fault of the "
    )
    found = faults(judgement)
    assert set(found) == USED_BY.get(name, {"coverage"})
    assert all(sentence in finding.sentence for findings in found.values() for finding in findings)
    assert "secret" not in str(judgement.questions)
    before = {q.name: q for q in whole.questions}
    assert [q.name for q in judgement.questions] == list(before)
    assert all(q == before[q.name] for q in judgement.questions if q.name not in found)
    assert all(q.verdict is Verdict.INCONCLUSIVE for q in judgement.questions if q.name in found)
    assert judgement.headline
    if name in ("saturation", "series"):  # drawing takes its time
        write_report(judgement, run)
        assert run.report.is_file()


@pytest.mark.parametrize("name", ["headline", "limits", "apply_gate"])
def test_what_is_worked_out_beside_the_questions_and_breaks_costs_no_answer(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(f"harness.judge.verdict.{name}", breaks)

    judgement = judged(healthy(), tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    (fault,) = faults(judgement)["coverage"]
    assert fault.sentence == (
        f"Not everything could be measured: the {name.removeprefix('apply_')} broke with ZeroDivisionError; "
        "this is a fault of the harness, so please report it with the run directory."
    )
    assert judgement.headline.startswith("Not proven: Not everything could be measured")
    assert question(judgement, "availability").verdict is Verdict.PASS


def test_a_failure_that_was_found_stays_one_where_something_else_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MEASURES["series"], "_take", broken)
    story = healthy()
    story.fail(ISSUE, 23.4, 24.6)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert judgement.headline.startswith("Disrupted once, at most 2.0 s in all: 3 of 312 requests failed")
    assert "series" in faults(judgement)["coverage"][0].sentence


def test_a_broken_measure_lets_nothing_through_the_budgets_of_its_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MEASURES["charged_failures"], "_take", broken)
    story = healthy()
    story.scenario["gate"] = {"budgets": [{"question": "availability", "failed_max": 100}]}

    judgement = judged(story, tmp_path)

    assert question(judgement, "availability").verdict is Verdict.INCONCLUSIVE
    assert set(faults(judgement)) == {"availability"}


def test_every_measure_is_taken_once_and_a_broken_one_is_not_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(load_evidence(healthy().write(tmp_path)))
    times: list[str] = []

    def count(_: object) -> object:
        times.append("taken")
        raise ZeroDivisionError

    monkeypatch.setattr(module, "saturation", count)

    raised = []
    for name in ("saturation", "charged_failures", "downtime", "saturation"):
        with pytest.raises(BrokenMeasure) as caught:
            getattr(case, name)
        raised.append(caught.value)
    assert times == ["taken"]
    assert {each.measure for each in raised} == {"saturation"}
    assert len(set(map(id, raised))) == 1


def test_a_measure_that_holds_is_kept(tmp_path: Path) -> None:
    case = Case(load_evidence(healthy().write(tmp_path)))

    assert case.charged_failures is case.charged_failures
    assert case.downtime is case.downtime
