"""What `harness` ends with does not hang on who listens, nor on what their encoding can say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from harness.errors import ExitCode
from tests.command import ROOT, environment
from tests.compare.runs import DRAINED, UNDRAINED, series
from tests.run.tiny import QUICK
from tests.run.toml import toml

STORED = ROOT / "tests" / "evidence" / "runs"

RUN = ("run", "tiny.toml", "--out", "out")
CALLS: Mapping[Sequence[str], ExitCode] = {
    RUN: ExitCode.PASS,
    (*RUN, "--set", "judge.baseline_p99_ms_max=1"): ExitCode.INCONCLUSIVE,
    ("run", "nosuch"): ExitCode.USAGE,
    ("run", "--nosuch"): ExitCode.USAGE,
    ("judge", "drained"): ExitCode.PASS,
    ("judge", "undrained"): ExitCode.FAIL,
    ("compare", "a", "b"): ExitCode.PASS,
    ("controls", "null_no_upgrade"): ExitCode.PASS,
    ("controls", "nosuch"): ExitCode.USAGE,
    ("check",): ExitCode.PASS,
    ("--help",): ExitCode.PASS,
}
SOME = (("run", "nosuch"), ("judge", "drained"), ("check",), ("--help",))
UNSPEAKABLE = ("run", "\N{HEAVY CHECK MARK}")
CASES = [
    *(("terminal that hung up", "utf-8", call) for call in CALLS),
    *(("pipe whose reader left", "utf-8", call) for call in SOME),
    *(("full disk", "utf-8", call) for call in SOME),
    *(("closed", "utf-8", call) for call in SOME),
    *(("works", encoding, call) for encoding in ("latin-1", "ascii") for call in (SOME[1], UNSPEAKABLE)),
    # click writes past a stream that is ascii.
    ("pipe whose reader left", "ascii", ("check",)),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What each call finds where it is made."""
    given = tmp_path / "given"
    given.mkdir()
    (given / "tiny.toml").write_text(toml(QUICK), encoding="utf-8")
    (given / "identity.py").touch()
    for name in ("drained", "undrained"):
        shutil.copytree(STORED / name, given / name)
    for name, run in zip("ab", series(tmp_path / "series", (UNDRAINED, [[]]), (DRAINED, [[]])), strict=True):
        shutil.copytree(run, given / name)
    return tmp_path


def _statuses(folder: Path, cases: Sequence[tuple[str, str, Sequence[str]]]) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.run.bad_streams", str(folder), json.dumps(cases)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    statuses: list[int] = json.loads(done.stdout)
    return statuses


@pytest.mark.process
def test_no_stream_and_no_encoding_changes_what_a_command_ends_with(folder: Path) -> None:
    found = _statuses(folder, CASES)

    due = [CALLS.get(call, ExitCode.USAGE) for _, _, call in CASES]
    wrong = [(*case, got) for case, want, got in zip(CASES, due, found, strict=True) if want != got]
    assert wrong == []
