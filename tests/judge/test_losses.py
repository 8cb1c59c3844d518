"""A run that fails does not pass once something of it is lost: every file, every kind of line, one at a time.

`HARNESS_LOSSES=all` loses every line of every file; without, every kind of line of the files that matter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.evidence.manifest import read_manifest
from harness.evidence.rundir import RunDirectory
from harness.evidence.seal import check_seal
from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.losses import REFUSED, Loss, after, losses, verdict
from tests.judge.whole import FAILING, GIVEN, SEALED_ONLY, WORSE, Whole, failing

EVERY_LINE = os.environ.get("HARNESS_LOSSES") == "all"

TOLD_BY = {
    "a probe was refused": ("requests/probes.jsonl", ""),
    "a request of the load was refused": ("requests/probes.jsonl", "failed"),
    "a node fell back to the old release": ("requests/probes.jsonl", "token_validate"),
    "a check of continuity is broken": ("continuity.jsonl", "user_logs_in"),
    "a check of the cohort is broken": ("continuity.jsonl", "cohort"),
    "old data is no longer honoured": ("continuity.jsonl", "old_ec2"),
    "a revocation came too late": ("continuity.jsonl", "revoked_token"),
    "a revocation was healed by the load": ("ledger/load.jsonl", ""),
    "an acknowledged write is lost": ("ledger.jsonl", ""),
    "the version tables hold something else": ("database.jsonl", ""),
    "a statement waited for a lock": ("database.jsonl", "activity"),
    WORSE: ("baseline.json", "runs"),
    "a node was not proven before contract": ("journal.jsonl", "prove_nodes"),
    "a command failed": ("journal.jsonl", "db_sync"),
    "the flag was not put back": ("journal.jsonl", "trust"),
    GIVEN: ("logs/haproxy.log", ""),
}
"""The file without which nobody knows of it, and what is in the kind of its lines that tell it."""

UNNOTICED = {
    # Of a wait, only its last samples show that it was too long; nobody counted them.
    ("a statement waited for a lock", "database.jsonl: activity with a wait, gone"),
    ("a statement waited for a lock", "database.jsonl: activity with a wait, blank"),
}
"""What makes a run without a seal pass. Everything else that is lost of it leaves a trace in another file."""


def _losses(run: RunDirectory, file: str, kind: str = "") -> Iterator[Loss]:
    """All there are, or those of one file as a whole and of a kind of its lines."""
    for loss in losses(run, every_line=EVERY_LINE):
        if EVERY_LINE or (loss.file == file and (kind in loss.what or not loss.is_part)):
            yield loss


def test_the_whole_run_passes_and_each_failing_one_is_among_those_tried(tmp_path: Path) -> None:
    assert judge_run(Whole().write(tmp_path / "run")).verdict is Verdict.PASS
    assert judge_run(Whole().write(tmp_path / "sealed", sealed=True)).verdict is Verdict.PASS
    assert TOLD_BY.keys() == FAILING.keys()


@pytest.mark.parametrize("reason", sorted(FAILING.keys() - SEALED_ONLY))
def test_a_failing_run_without_a_seal_does_not_pass_for_what_is_lost_of_it(
    reason: str, tmp_path: Path
) -> None:
    run = failing(reason, tmp_path / "run")
    assert verdict(run) == "FAIL"

    passed = {str(loss) for loss in _losses(run, *TOLD_BY[reason]) if after(run, loss) == "PASS"}

    assert passed <= {loss for because, loss in UNNOTICED if because == reason}


def test_a_failing_run_does_not_pass_for_a_ledger_of_the_generators_that_is_not_whole(
    tmp_path: Path,
) -> None:
    run = failing("an acknowledged write is lost", tmp_path / "run")

    assert [str(loss) for loss in _losses(run, "ledger/load.jsonl") if after(run, loss) == "PASS"] == []


def test_a_run_without_a_seal_that_lost_what_was_asked_of_it_does_not_pass(tmp_path: Path) -> None:
    """Also one in which nothing failed: nobody knows any more what it had to hold."""
    run = Whole(compared=False).write(tmp_path / "run")
    sections = ("integrity", "continuity", "impact", "judge", "probes", "judge.lock_wait_s_max", "load.users")
    wanted = {f"scenario.{section} gone" for section in sections}

    lost = [loss for loss in losses(run, every_line=False) if loss.what in wanted]

    assert len(lost) == len(wanted)
    assert {after(run, loss) for loss in lost} == {"INCONCLUSIVE"}


def test_a_run_without_a_seal_that_lost_the_gate_under_which_it_is_worse_does_not_pass(
    tmp_path: Path,
) -> None:
    run = failing(WORSE, tmp_path / "run")
    wanted = ("scenario.gate gone", "scenario.gate.worse_fails gone")

    lost = [loss for loss in losses(run, every_line=False) if loss.what in wanted]

    assert [after(run, loss) for loss in lost] == ["INCONCLUSIVE"] * 2


@pytest.mark.slow
def test_nothing_that_is_lost_of_a_sealed_run_goes_unnoticed(tmp_path: Path) -> None:
    run = Whole().write(tmp_path / "run", sealed=True)
    assert _noticed(run) == "nothing"

    unnoticed = [
        str(loss) for loss in losses(run, every_line=True) if after(run, loss, _noticed) == "nothing"
    ]

    # The journal promises a seal: its absence is the judge's to notice.
    assert unnoticed == ["run.json: seal gone", "run.json: seal null"]


def test_a_sealed_run_that_lost_its_seal_does_not_pass(tmp_path: Path) -> None:
    run = Whole().write(tmp_path / "run", sealed=True)
    lost = [loss for loss in losses(run, every_line=False) if loss.what in ("seal gone", "seal null")]

    assert [after(run, loss) for loss in lost] == ["INCONCLUSIVE"] * 2


def _noticed(run: RunDirectory) -> str:
    """The files that are not as sealed; a manifest that cannot be read is refused."""
    try:
        found = check_seal(run, read_manifest(run.manifest).seal)
    except UsageError:
        return REFUSED
    names = [difference.name for difference in found.differences]
    return ", ".join([*names, *(["run.json"] if found.manifest_changed else [])]) or "nothing"


@pytest.mark.parametrize("reason", FAILING if EVERY_LINE else ["a check of continuity is broken", GIVEN])
def test_a_failing_run_that_is_sealed_does_not_pass_for_what_is_lost_of_it(
    reason: str, tmp_path: Path
) -> None:
    run = failing(reason, tmp_path / "run", sealed=True)

    passed = [str(loss) for loss in _losses(run, *TOLD_BY[reason]) if after(run, loss) == "PASS"]

    assert passed == []
