"""`harness compare` as a user runs it: exit statuses, what it prints, what it leaves."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.command import harness, harness_here
from tests.compare.runs import DRAINED, UNDRAINED, series


@pytest.mark.process
def test_a_comparison_that_was_made_exits_0_whatever_it_says(tmp_path: Path) -> None:
    runs = series(tmp_path / "runs", (UNDRAINED, [[(23.0, 24.0)]]), (DRAINED, [[]]))
    done = harness("compare", *map(str, runs), "--out", str(tmp_path / "out"))

    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "out").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["compare.html", "compare.json", "summary.md"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert done.stdout.splitlines() == [
        "undrained: 1 run, drained: 1 run",
        "Is draining worth it here? There are not enough runs to say: 1 undrained run had 1.0 s of "
        "disruption and 2 "
        "failed requests, 1 drained run had no failed request; the drained roll took 20.0 s, 1.1 s "
        "more than the "
        "undrained one; with 1 + 1 runs no test can be made, so make 4 of each.",
        f"Report: {folder / 'compare.html'}",
    ]
    assert not list((tmp_path / "runs").rglob("verdict.json"))  # judged in memory


def test_runs_that_can_not_be_compared_exit_2_with_one_sentence_and_leave_nothing(tmp_path: Path) -> None:
    runs = series(tmp_path / "runs", (DRAINED, [[], []]))
    done = harness_here("compare", *map(str, runs), "--out", str(tmp_path / "out"))

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "harness: all 2 runs have the same settings, so there is only one arm; "
        "give runs that differ in what you want to compare."
    ]
    assert not (tmp_path / "out").exists()


def test_too_few_runs_and_options_that_exclude_each_other_exit_2() -> None:
    said = {
        args: harness_here("compare", *args)
        for args in (("nowhere",), ("nowhere", "--runs", "3"), ("nowhere", "--arms", "drained_undrained"))
    }

    assert {done.returncode for done in said.values()} == {2}
    assert [done.stderr.strip() for done in said.values()] == [
        "harness: give at least two run directories to compare, "
        "or carry runs out with --arms drained_undrained.",
        "harness: --runs says how often arms are carried out; give it together with --arms.",
        "harness: --arms carries runs out and knows what they differ in; leave out RUN and --by.",
    ]


def test_an_unknown_arms_file_exits_2_before_anything_is_run(tmp_path: Path) -> None:
    done = harness_here("compare", "--arms", "nonsense", "--out", str(tmp_path / "out"))

    assert done.returncode == 2
    assert done.stderr.startswith("harness: --arms nonsense: there is no such file; ")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_can_not_be_written_exits_2_with_the_option_that_helps(tmp_path: Path) -> None:
    runs = series(tmp_path / "runs", (UNDRAINED, [[]]), (DRAINED, [[]]))
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder is needed")
    done = harness_here("compare", *map(str, runs), "--out", str(blocked / "reports"))

    assert done.returncode == 2
    assert (
        "the folder of the comparison cannot be made (Not a directory); choose another place" in done.stderr
    )
