"""A stored run judged under other bounds than it was made with."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from harness.errors import UsageError
from harness.judge import judge_run, write_verdict
from harness.judge.model import Verdict
from tests.judge.story import ISSUE, healthy, judged


def test_a_stored_run_can_be_judged_under_a_stricter_rule(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)

    assert judge_run(run).verdict is Verdict.PASS
    assert judge_run(run, ["judge.probes_per_phase_min=5"]).verdict is Verdict.INCONCLUSIVE


def test_a_looser_judgement_says_so_wherever_the_verdict_is_read(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(ISSUE, 30, 31):
        row.update(outcome="unsent", error="pool_full", status=0, node=None, release=None)
    run = story.write(tmp_path)

    judgement = judge_run(run, ["judge.unsent_max=2", "judge.stall_budget_s=7.5"])
    write_verdict(judgement, run.verdict)

    assert judgement.verdict is Verdict.PASS
    other = (
        "Judged under other bounds than the run was made with: judge.stall_budget_s=7.5 instead of none, "
        "judge.unsent_max=2 instead of 0."
    )
    assert judgement.headline == (
        "No downtime was seen: 0 of 310 requests failed while 2 nodes went from 27.1.0 to 29.1.0; failures "
        "of one operation for longer than 1.50 s, or silence towards everybody for longer than 1.50 s, would "
        f"have been seen. {other}"
    )
    assert judgement.limits[-1] == other
    document = orjson.loads(run.verdict.read_bytes())
    assert document["overrides"] == ["judge.unsent_max=2", "judge.stall_budget_s=7.5"]
    assert document["judge"]["unsent_max"] == 2
    assert document["judge"]["lag_p99_ms_max"] == 100.0


def test_an_override_that_changes_nothing_is_kept_and_not_called_another_bound(tmp_path: Path) -> None:
    judgement = judged(healthy(), tmp_path, "judge.unsent_max=0")

    assert judgement.overrides == ("judge.unsent_max=0",)
    assert "other bounds" not in judgement.headline


def test_a_run_judged_as_it_was_made_names_its_bounds_and_no_override(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["judge"] = {"unsent_max": 3}

    judgement = judged(story, tmp_path)

    assert (judgement.settings.unsent_max, judgement.overrides) == (3, ())
    assert "other bounds" not in judgement.headline


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        (
            "roll.drained=false",
            "--set roll.drained=false: a stored run can only be judged under other bounds; give "
            "judge.<setting>=<value>, e.g. --set judge.stall_budget_s=2.",
        ),
        (
            "judge.patience=3",
            "--set judge.patience=3: judge.patience: unknown key; known here: baseline_p99_ms_max, "
            "baseline_s_min, lag_max_ms_max, lag_p99_ms_max, lock_wait_s_max, probes_per_phase_min, "
            "silence_s_max, stall_budget_s, unsent_max.",
        ),
        (
            "judge.unsent_max=-1",
            "--set judge.unsent_max=-1: judge.unsent_max: -1 is not possible; expected at least 0.",
        ),
    ],
)
def test_an_override_that_is_no_bound_is_refused(tmp_path: Path, override: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        judge_run(healthy().write(tmp_path), [override])
    assert str(refusal.value) == sentence


def test_scenario_keys_of_a_newer_harness_are_ignored(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["judge"] = {"unsent_max": 3, "invented_later": True}

    assert judged(story, tmp_path).verdict is Verdict.PASS


def test_an_impossible_bound_in_the_manifest_is_refused_by_name(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["judge"] = {"unsent_max": "many"}

    with pytest.raises(UsageError, match=r"run\.json: scenario: judge\.unsent_max: 'many' is not possible"):
        judged(story, tmp_path)
