"""A gate by its command line: every exit status, on stored runs; of real ones see tests/test_upgrade.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.command.entry import main
from harness.errors import UsageError
from harness.evidence.rundir import RunDirectory
from harness.scenario import load_gate
from tests.command import environment, harness, harness_here
from tests.evidence.full_disk import FULL, fill_the_disk
from tests.judge.story import ISSUE, Story, healthy

ACCEPTING = """
[[gate.accepted]]
question = "availability"
step = "stop"
reason = "The server cuts what it has not accepted."
link = "https://bugs.launchpad.net/keystone/+bug/1"
until = 2026-12-31
"""


def _failing() -> Story:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.6)
    return story


def _starved() -> Story:
    story = healthy()
    story.footer = None
    return story


def _file(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def _verdict(run: RunDirectory) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run.verdict.read_bytes())
    return document


def test_0_where_everything_is_well(tmp_path: Path) -> None:
    run = healthy().write(tmp_path / "run")
    done = harness_here("judge", str(run.path))
    assert (done.returncode, _verdict(run)["exit_code"]) == (0, 0), done.stderr
    assert "PASS: No downtime was seen" in done.stdout


@pytest.mark.process
@pytest.mark.parametrize(("story", "status"), [(healthy(), 0), (_failing(), 1), (_starved(), 3)])
def test_the_status_is_the_verdicts_also_where_nobody_reads_to_the_end(
    story: Story, status: int, tmp_path: Path
) -> None:
    run = story.write(tmp_path / "run")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "harness", "judge", str(run.path)],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=environment(),
        )
    assert (done.returncode, done.stderr) == (status, "")
    assert run.verdict.is_file()


@pytest.mark.usefixtures("undrawn")
def test_0_with_every_accepted_finding_told_on_the_terminal_and_in_each_file(tmp_path: Path) -> None:
    run = _failing().write(tmp_path / "run")

    done = harness_here("judge", str(run.path), "--gate", _file(tmp_path / "gate.toml", ACCEPTING))

    assert done.returncode == 0, done.stderr
    assert (
        "PASS: Passes with 1 accepted finding, not without disruption: disrupted once, at most 2.0 s in all: "
        "3 of 312 requests failed" in done.stdout
    )
    assert "Judged under another gate than the run was made with." in done.stdout
    told = "The server cuts what it has not accepted"
    for text in (
        done.stdout,
        *(path.read_text() for path in (run.report, run.summary, run.junit, run.verdict)),
    ):
        assert told in text
        assert "https://bugs.launchpad.net/keystone/+bug/1" in text
        assert "2026-12-31" in text
        assert "No downtime was seen" not in text


@pytest.mark.process
def test_1_where_a_request_failed_and_nothing_lets_it_through(tmp_path: Path) -> None:
    run = _failing().write(tmp_path / "run")
    done = harness("judge", str(run.path))
    assert (done.returncode, _verdict(run)["exit_code"]) == (1, 1), done.stderr


@pytest.mark.usefixtures("undrawn")
def test_1_where_an_acceptance_has_lapsed_and_it_says_so(tmp_path: Path) -> None:
    run = _failing().write(tmp_path / "run")
    lapsed = _file(tmp_path / "gate.toml", ACCEPTING.replace("2026-12-31", "2025-06-30"))
    done = harness_here("judge", str(run.path), "--gate", lapsed)
    assert done.returncode == 1, done.stderr
    assert (
        "lapsed on 2025-06-30, and 1 of its findings counts again; remove it, or decide anew." in done.stdout
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            ACCEPTING.replace("step =", "steps ="),
            "gate.accepted.0.steps: unknown key; known here: error, inconclusive, lane, link, node, pattern, "
            "phase, question, reason, requests_max, step, until.",
        ),
        (ACCEPTING.replace("until = 2026-12-31\n", ""), "gate.accepted.0.until: is missing; add it."),
        (
            ACCEPTING.replace('step = "stop"\n', ""),
            "gate.accepted.0: it would accept whatever availability finds; add one of phase, step, node, "
            "lane, error, pattern.",
        ),
        (
            ACCEPTING.replace("availability", "coverage"),
            "gate.accepted.0: coverage finds evidence that is missing, never a failure; add inconclusive = "
            "true if this run is to be let through without it.",
        ),
        (
            ACCEPTING.replace("2026-12-31", '"2026-12-31"\ninconclusive = true'),
            "gate.accepted.0: inconclusive = true needs a pattern that says which evidence may be missing.",
        ),
        (
            "[[gate.budgets]]\nphase = 'roll'\n",
            "gate.budgets.0: it limits nothing; add failed_max, outage_s_max or stall_s_max.",
        ),
        (
            "[[gate.budgets]]\nquestion = 'integrity'\noutage_s_max = 1\n",
            "gate.budgets.0: outage_s_max is measured for availability alone; integrity has failed_max.",
        ),
        ("[gates]\n", "has no table [gate]; write [[gate.budgets]] or [[gate.accepted]] into it."),
    ],
)
def test_2_for_a_gate_that_is_wrong_with_file_key_and_remedy(
    tmp_path: Path, text: str, sentence: str
) -> None:
    """Read in this process: eight command lines would say nothing more than one."""
    file = _file(tmp_path / "gate.toml", text)

    with pytest.raises(UsageError) as refusal:
        load_gate(Path(file))
    assert str(refusal.value) == f"{file}: {sentence}"
    assert refusal.value.exit_code == 2


def test_2_on_the_command_line_without_a_traceback_and_with_nothing_written(tmp_path: Path) -> None:
    run = _failing().write(tmp_path / "run")
    gate = tmp_path / "absent.toml"
    done = harness_here("judge", str(run.path), "--gate", str(gate))
    assert done.returncode == 2
    assert done.stderr == f"harness: {gate}: the gate cannot be read (No such file or directory).\n"
    assert not run.verdict.exists()


@pytest.mark.usefixtures("undrawn")
def test_3_where_evidence_is_missing_also_with_every_failure_accepted(tmp_path: Path) -> None:
    run = _starved().write(tmp_path / "run")
    done = harness_here("judge", str(run.path), "--gate", _file(tmp_path / "gate.toml", ACCEPTING))
    assert (done.returncode, _verdict(run)["exit_code"]) == (3, 3), done.stderr


@pytest.mark.usefixtures("undrawn")
@pytest.mark.skipif(not FULL.exists(), reason="the full device is Linux's")
def test_4_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old verdict is what the run keeps."""
    run = healthy().write(tmp_path / "run")
    assert harness_here("judge", str(run.path)).returncode == 0
    before = run.verdict.read_bytes()
    fill_the_disk(monkeypatch)
    monkeypatch.setattr(sys, "argv", ["harness", "judge", str(run.path)])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 4
    assert capsys.readouterr().err == (
        f"harness: {run.verdict}: cannot be written (No space left on device); make room there and judge "
        "the run again.\n"
    )
    assert run.verdict.read_bytes() == before


@pytest.mark.usefixtures("undrawn")
def test_a_baseline_is_made_and_compared_with_by_the_command_line(tmp_path: Path) -> None:
    folders = [
        str(replace(healthy(), nth=number).write(tmp_path / "drained" / f"run{number}").path)
        for number in range(4)
    ]
    file = tmp_path / "baseline.json"

    made = harness_here("baseline", *folders[:3], "-o", str(file))
    judged = harness_here("judge", folders[3], "--baseline", str(file))

    assert (made.returncode, judged.returncode) == (0, 0), made.stderr + judged.stderr
    assert made.stdout == f"{file}: a baseline of 3 runs.\n"
    assert "regression PASS (advisory)" in judged.stdout
    assert "Against earlier runs" in RunDirectory(Path(folders[3])).report.read_text(encoding="utf-8")


def test_a_run_is_refused_before_anything_is_started_if_it_could_not_be_compared(tmp_path: Path) -> None:
    folders = [
        str(replace(healthy(), nth=number).write(tmp_path / "drained" / f"run{number}").path)
        for number in range(3)
    ]
    file = tmp_path / "baseline.json"
    assert harness_here("baseline", *folders, "-o", str(file)).returncode == 0

    done = harness_here("run", "drained", "--baseline", str(file), "--out", str(tmp_path / "out"))

    assert done.returncode == 2
    assert f"harness: {file}: not comparable with the runs of the baseline: " in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write in a read-only folder")
def test_a_baseline_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    folders = [
        str(replace(healthy(), nth=number).write(tmp_path / "drained" / f"run{number}").path)
        for number in range(3)
    ]
    shutil.rmtree(tmp_path / "closed", ignore_errors=True)
    (tmp_path / "closed").mkdir(mode=0o500)
    done = harness_here("baseline", *folders, "-o", str(tmp_path / "closed" / "baseline.json"))
    assert done.returncode == 2
    assert "the baseline cannot be written (Permission denied); choose another place with -o." in done.stderr
