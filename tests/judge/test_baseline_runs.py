"""Which runs make a baseline, and what may be held against one."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest

from harness.errors import UsageError
from harness.evidence.history import read_history
from harness.evidence.rundir import RunDirectory
from harness.judge import judge_run
from harness.judge.comparable import settings_of
from harness.judge.history import make_history
from harness.judge.model import Verdict
from harness.scenario import parse_scenario
from tests.judge.earlier_runs import stored_history, stored_runs
from tests.judge.story import healthy, question


def _refusal(path: Path, folders: list[Path]) -> str:
    with pytest.raises(UsageError) as refusal:
        make_history(folders)
    return str(refusal.value).replace(str(path), "X")


def test_two_runs_are_too_few(tmp_path: Path) -> None:
    said = _refusal(tmp_path, stored_runs(tmp_path, count=2))
    assert said == "a baseline needs at least 3 runs to know their spread; 2 given."


def test_a_run_given_twice_would_fake_a_spread(tmp_path: Path) -> None:
    runs = stored_runs(tmp_path)
    assert _refusal(tmp_path, [*runs, runs[0]]) == (
        "X/drained/run0: is the same run as X/drained/run0, and one run counts once; leave one of them out."
    )


def test_three_copies_of_one_run_are_not_threeruns(tmp_path: Path) -> None:
    (run,) = stored_runs(tmp_path, count=1)
    copies = [shutil.copytree(run, tmp_path / f"copy{number}") for number in (1, 2)]

    assert _refusal(tmp_path, [run, *copies]) == (
        "X/copy1: is the same run as X/drained/run0, and one run counts once; leave one of them out."
    )


def _by_users(run: RunDirectory, digest: str) -> Path:
    document = orjson.loads(run.manifest.read_bytes())
    run.manifest.write_bytes(orjson.dumps(document | {"users_sha256": digest}))
    return run.path


def test_runs_under_other_users_are_no_baseline_for_each_other(tmp_path: Path) -> None:
    runs = [_by_users(RunDirectory(path), "a" * 64) for path in stored_runs(tmp_path)]
    other = healthy()
    other.nth = 9
    runs.append(_by_users(other.write(tmp_path / "other"), "b" * 64))

    assert _refusal(tmp_path, runs) == (
        f'X/other: not comparable with X/drained/run0: load.users_sha256 is "{"b" * 64}" and was '
        f'"{"a" * 64}".'
    )


def test_a_baseline_from_before_digests_seeds_and_tables_is_still_one(tmp_path: Path) -> None:
    history = stored_history(tmp_path)
    newer = {"load.users_sha256", "load.users_file", "seed"}
    earlier = {key: value for key, value in history.settings.items() if key not in newer}
    history = history.model_copy(update={"settings": earlier | {"balancer": "null"}})
    now = healthy()
    now.scenario |= {"seed": 7, "load": {"users_file": "identity.py"}}
    run = now.write(tmp_path / "now")
    _by_users(run, "a" * 64)

    assert question(judge_run(run, history=history), "regression").verdict is Verdict.PASS


def test_a_run_that_did_not_complete_is_no_history(tmp_path: Path) -> None:
    story = healthy()
    story.outcome = "aborted"
    said = _refusal(tmp_path, stored_runs(tmp_path, story))
    assert said == "X/drained/run0: did not complete; a baseline is made of whole runs."


def test_a_run_with_too_little_evidence_is_no_history(tmp_path: Path) -> None:
    story = healthy()
    story.footer = None
    assert _refusal(tmp_path, stored_runs(tmp_path, story)) == (
        "X/drained/run0: has too little evidence for a baseline: probes.jsonl has no footer: its writer was "
        "killed, and requests it had not written yet are lost. Leave it out."
    )


def test_runs_of_other_settings_are_refused_with_the_settings_that_differ(tmp_path: Path) -> None:
    runs = stored_runs(tmp_path)
    other = healthy(drained=False)
    other.nth = 9
    other.scenario["roll"]["settle_s"] = 9.0
    runs.append(other.write(tmp_path / "undrained" / "run").path)
    assert _refusal(tmp_path, runs) == (
        "X/undrained/run: not comparable with X/drained/run0: roll.drained is false and was true, "
        "roll.settle_s is 9 and was not set."
    )


def test_a_run_that_is_not_comparable_with_its_baseline_is_refused(tmp_path: Path) -> None:
    history = stored_history(tmp_path)
    other = healthy()
    other.to = "30.0.0"
    run = other.write(tmp_path / "now")

    with pytest.raises(UsageError) as refusal:
        judge_run(run, history=history)
    assert str(refusal.value) == (
        f'{run.path}: not comparable with the runs of the baseline: to is "30.0.0" and was "29.1.0"; make a '
        "baseline of runs like this one."
    )


def test_another_gate_or_other_bounds_do_not_make_runs_incomparable(tmp_path: Path) -> None:
    story = healthy()
    story.scenario |= {"gate": {"worse_fails": True}, "judge": {"unsent_max": 4}}
    run = story.write(tmp_path / "now")

    assert question(judge_run(run, history=stored_history(tmp_path)), "regression").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{",
            "no JSON (unexpected end of data: line 1 column 2 (char 1)); write it anew with `harness "
            "baseline`.",
        ),
        (
            '{"format": 2}',
            "format: 2 is not possible; expected 1; this is no baseline of format 1, write it anew with "
            "`harness baseline`.",
        ),
        (
            "[]",
            "the document: expected a table; this is no baseline of format 1, "
            "write it anew with `harness baseline`.",
        ),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as refusal:
        read_history(file)
    assert str(refusal.value) == f"{file}: {sentence}"


def test_a_baseline_with_a_changed_figure_out_of_range_is_refused(tmp_path: Path) -> None:
    made = stored_history(tmp_path).model_dump(mode="json")
    made["runs"][0]["figures"]["failed"] = -1
    file = tmp_path / "baseline.json"
    file.write_bytes(orjson.dumps(made))

    with pytest.raises(
        UsageError, match=r"runs\.0\.figures\.failed: -1 is not possible; expected at least 0"
    ):
        read_history(file)


def test_every_table_of_a_scenario_is_known_to_be_compared_or_not() -> None:
    """A table that a later scenario has would make runs alike that were not."""
    asked = {"name", "description", "from", "to", "impact", "judge", "gate", "expect"}
    scenario = parse_scenario({"name": "all"}, "all.toml").resolved()
    told = {key.partition(".")[0] for key in settings_of(scenario, "27.1.0", "29.1.0", 2)}

    assert set(scenario) == asked | told - {"host"}
    assert not told & (asked - {"from", "to"})
