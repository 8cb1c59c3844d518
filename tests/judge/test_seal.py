"""A run that was sealed when it was closed, and what became of its files since."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.errors import UsageError
from harness.evidence.history import EarlierRun, History, RunFigures, write_history
from harness.evidence.manifest import read_manifest
from harness.evidence.rundir import RunDirectory
from harness.judge import judge_run
from harness.judge.comparable import settings_of_run
from harness.judge.model import Verdict
from harness.judge.verdict_file import verdict_bytes
from tests.judge.books import books
from tests.judge.cells import checked_story
from tests.judge.sealing import seal
from tests.judge.story import Story, healthy, sentences


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """Every question is asked, and every kind of evidence is there."""
    story = checked_story()
    story.scenario["integrity"] = {"enabled": True}
    made = story.write(tmp_path / "run")
    books().told(made)
    return seal(made)


def told(run: RunDirectory) -> list[str]:
    """What coverage says, of which a FAIL is none of its business."""
    found = sentences(judge_run(run), "coverage")
    assert not [sentence for sentence in found if sentence.startswith("FAIL")]
    return found


def lines(path: Path, keep: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(keep(path.read_bytes().splitlines(keepends=True))))


def manifest(run: RunDirectory, change: Callable[[dict[str, Any]], object]) -> None:
    document = orjson.loads(run.manifest.read_bytes())
    change(document)
    run.manifest.write_bytes(orjson.dumps(document))


# --- as it was


def test_a_run_that_is_what_was_sealed_passes_and_has_no_limit_for_want_of_a_seal(run: RunDirectory) -> None:
    judgement = judge_run(run)

    assert judgement.verdict is Verdict.PASS
    assert not [limit for limit in judgement.limits if "seal" in limit]


def test_every_file_that_a_verdict_rests_on_is_in_the_seal(run: RunDirectory) -> None:
    files = orjson.loads(run.manifest.read_bytes())["seal"]["files"]

    assert sorted(files) == [
        "balancer.jsonl", "continuity.jsonl", "database.jsonl", "journal.jsonl", "ledger.jsonl",
        "ledger/load.jsonl", "requests/probes.jsonl",
    ]  # fmt: skip
    for name, held in files.items():
        content = (run.path / name).read_bytes()
        assert (held["lines"], held["bytes"]) == (content.count(b"\n"), len(content))


def test_what_is_written_beside_the_evidence_later_breaks_no_seal(run: RunDirectory) -> None:
    before = verdict_bytes(judge_run(run))
    run.verdict.write_bytes(before)
    for later in (run.report, run.summary, run.junit, run.charts / "timeline.svg", run.logs / "node-1.log"):
        later.parent.mkdir(exist_ok=True)
        later.write_text("written or grown after the close")

    assert verdict_bytes(judge_run(run)) == before


def test_a_copy_of_a_run_is_as_sealed_as_the_run(run: RunDirectory, tmp_path: Path) -> None:
    copy = RunDirectory(shutil.copytree(run.path, tmp_path / "elsewhere" / "copy"))

    assert verdict_bytes(judge_run(copy)) == verdict_bytes(judge_run(run))


def test_a_manifest_that_is_only_indented_otherwise_is_what_was_sealed(run: RunDirectory) -> None:
    manifest(run, lambda document: None)

    assert judge_run(run).verdict is Verdict.PASS


# --- as it was not

_EVERY = ("journal.jsonl", "ledger.jsonl", "continuity.jsonl", "database.jsonl", "balancer.jsonl")
_EVERY_FILE = (*_EVERY, "ledger/load.jsonl", "requests/probes.jsonl")


@pytest.mark.parametrize("name", _EVERY_FILE)
def test_a_file_that_is_gone_is_named(run: RunDirectory, name: str) -> None:
    held = (run.path / name).read_bytes().count(b"\n")
    (run.path / name).unlink()

    noun = "line" if held == 1 else "lines"
    assert told(run)[0] == (
        f"INCONCLUSIVE: {name} is gone: it held {held:,} {noun} when the run was closed and sealed."
    )


@pytest.mark.parametrize("name", [name for name in _EVERY_FILE if name != "balancer.jsonl"])
def test_a_line_taken_out_is_counted(run: RunDirectory, name: str) -> None:
    held = (run.path / name).read_bytes().count(b"\n")
    lines(run.path / name, lambda all_of_them: all_of_them[:1] + all_of_them[2:])

    assert told(run)[0] == (
        f"INCONCLUSIVE: {name} is not what was sealed when the run was closed: 1 of its {held:,} lines was "
        "taken out."
    )


def test_a_line_that_is_blank_is_a_change(run: RunDirectory) -> None:
    lines(run.continuity, lambda all_of_them: [b"\n", *all_of_them[1:]])

    assert told(run)[0] == (
        "INCONCLUSIVE: continuity.jsonl is not what was sealed when the run was closed: its lines were "
        "changed."
    )


def test_what_was_added_is_counted(run: RunDirectory) -> None:
    lines(run.database, lambda all_of_them: [*all_of_them, all_of_them[0], all_of_them[0]])

    assert told(run)[0] == (
        "INCONCLUSIVE: database.jsonl is not what was sealed when the run was closed: 2 lines were added at "
        "its end."
    )


def test_a_torn_end_is_told_as_one(run: RunDirectory) -> None:
    with run.ledger.open("ab") as file:
        file.write(b"{")

    assert told(run)[0] == (
        "INCONCLUSIVE: ledger.jsonl is not what was sealed when the run was closed: 1 line was added at its "
        "end."
    )


def test_request_files_and_ledgers_that_were_not_there_are_named(run: RunDirectory) -> None:
    (run.requests / "more.jsonl").write_bytes(b'{"header": {"lanes": []}}\n')
    (run.writes / "more.jsonl").touch()

    assert told(run)[:2] == [
        "INCONCLUSIVE: ledger/more.jsonl was not there when the run was closed and sealed: it was added "
        "later.",
        "INCONCLUSIVE: requests/more.jsonl was not there when the run was closed and sealed: it was added "
        "later.",
    ]


def test_a_section_taken_out_of_the_stored_scenario_is_a_gap(run: RunDirectory) -> None:
    manifest(run, lambda document: document["scenario"].pop("continuity"))

    assert told(run)[0] == (
        "INCONCLUSIVE: run.json is not what was sealed when the run was closed: a value in it was changed, "
        "added or taken out."
    )


def test_a_file_taken_out_together_with_its_place_in_the_seal_is_a_gap(run: RunDirectory) -> None:
    run.balancer.unlink()
    manifest(run, lambda document: document["seal"]["files"].pop("balancer.jsonl"))

    assert told(run)[0] == (
        "INCONCLUSIVE: run.json is not what was sealed when the run was closed: a value in it was changed, "
        "added or taken out."
    )


# --- earlier runs to compare with


def earlier(run: RunDirectory) -> History:
    """Three runs that were made as this one."""
    settings = settings_of_run(read_manifest(run.manifest))
    figures = RunFigures(
        requests=312, failed=0, outage_s=0, stall_s=0.02, p50_ms=20, p99_ms=20, roll_s=20, cells=()
    )
    one = EarlierRun(
        name="x", started=datetime(2026, 1, 1, tzinfo=UTC), availability=Verdict.PASS, figures=figures
    )
    return History(format=1, harness="0", settings=settings, runs=(one, one, one))


def test_the_baseline_that_a_run_was_given_is_sealed_with_it(run: RunDirectory) -> None:
    write_history(earlier(run), run.baseline)
    seal(run)
    assert judge_run(run).verdict is Verdict.PASS
    run.baseline.unlink()

    assert told(run) == [
        "INCONCLUSIVE: baseline.json is gone: it held 61 lines when the run was closed and sealed."
    ]


def test_a_baseline_given_to_the_judge_is_none_of_the_runs_evidence(run: RunDirectory) -> None:
    judgement = judge_run(run, history=earlier(run))

    assert judgement.verdict is Verdict.PASS
    assert "regression" in [question.name for question in judgement.questions]


# --- a run without a seal


def test_a_seal_that_the_journal_promises_and_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    run = promised(checked_story()).write(tmp_path)
    seal(run)
    assert judge_run(run).verdict is Verdict.PASS
    manifest(run, lambda document: document.pop("seal"))

    judgement = judge_run(run)

    assert sentences(judgement, "coverage") == [
        "INCONCLUSIVE: run.json has no seal, though the journal says that the run gets one when it is "
        "closed: what its files held then is not known."
    ]
    assert "This run has no seal (it is gone): " in judgement.limits[-1]


def test_a_run_that_was_killed_has_none_and_its_limits_say_why(tmp_path: Path) -> None:
    story = promised(checked_story())
    story.die(30)

    judgement = judge_run(story.write(tmp_path))

    assert judgement.limits[-1] == (
        "This run has no seal (its harness died before it closed it): what was taken out of its files or "
        "changed in them is noticed only where they contradict one another."
    )
    assert not [sentence for sentence in sentences(judgement, "coverage") if "seal" in sentence]


def promised(story: Story) -> Story:
    """With the note by which a run says that it will be sealed."""
    story.event(0, "note", "setup", seals=True)
    return story


def test_a_seal_that_is_none_is_refused_by_its_key(run: RunDirectory) -> None:
    manifest(run, lambda document: document["seal"].update(sha256="none"))

    with pytest.raises(UsageError, match=r"run\.json: seal\.sha256: "):
        judge_run(run)


# --- a journal that lost its end


@pytest.mark.parametrize("kept", [20, 40, 60, -1])
def test_a_journal_that_lost_its_end_is_a_gap_and_no_failed_upgrade(tmp_path: Path, kept: int) -> None:
    run = healthy().write(tmp_path)
    lines(run.journal, lambda all_of_them: all_of_them[:kept])

    judgement = judge_run(run)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "procedure")[0] == (
        "INCONCLUSIVE: The journal breaks off before the end of its last phase, though the run completed: "
        "its last lines are missing."
    )
    assert not [
        finding.sentence
        for question in judgement.questions
        for finding in question.findings
        if finding.verdict is Verdict.FAIL
    ]
