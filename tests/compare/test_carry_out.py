"""Arms are carried out in turn; what breaks one run keeps the others, and says how to go on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from harness.compare.arms_file import load_arms
from harness.compare.carry_out import carry_out_arms
from harness.compare.stored import compare_stored
from harness.errors import HarnessError, UsageError
from tests.compare.runs import run as story_run

INTERRUPTED = 130
ARMS = Path(__file__).parents[2] / "scenarios" / "arms" / "drained_undrained.toml"


class FakeHarness:
    """Stands for `harness run`: leaves a story's run where asked, and ends as told."""

    def __init__(self, *codes: int | None) -> None:
        self.codes = list(codes)
        self.commands: list[list[str]] = []

    def __call__(self, arguments: Sequence[str], log: Path, limit_s: float) -> int | None:
        assert limit_s > 0
        self.commands.append(list(arguments))
        settings = [value for key, value in pairwise(arguments) if key == "--set"]
        name = settings[-1].removeprefix("name=")
        out = Path(arguments[arguments.index("--out") + 1])
        number = len(self.commands)
        code = self.codes[number - 1] if number <= len(self.codes) else 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"starting\nharness: what the run said last, {number}.\n")
        if code != 2:  # a usage error leaves no run
            outages = [(23.0, 24.0)] if name == "undrained" else []
            drained = name == "drained"
            story_run(out / name / f"stamp-{number}", number, *outages, name=name, roll={"drained": drained})
        return code


def _carried_out(tmp_path: Path, fake: FakeHarness, runs: int = 2) -> tuple[tuple[Path, ...], list[str]]:
    said: list[str] = []
    made = carry_out_arms(load_arms(ARMS, runs), tmp_path, said.append, fake)
    return made, said


def test_the_arms_take_turns(tmp_path: Path) -> None:
    made, said = _carried_out(tmp_path, FakeHarness())

    assert [path.parent.name for path in made] == ["undrained", "drained", "undrained", "drained"]
    assert [line for line in said if line.startswith("[")] == [
        "[1/4] undrained, 1 of 2",
        "[2/4] drained, 1 of 2",
        "[3/4] undrained, 2 of 2",
        "[4/4] drained, 2 of 2",
    ]
    told = compare_stored(made, load_arms(ARMS).by)
    assert [(arm.name, len(arm.runs)) for arm in told.arms.arms] == [("undrained", 2), ("drained", 2)]


def test_each_run_is_the_base_scenario_with_its_arms_settings_and_name(tmp_path: Path) -> None:
    fake = FakeHarness()
    _carried_out(tmp_path, fake, runs=1)

    first, _ = fake.commands
    assert Path(first[0]).resolve() == (Path("scenarios") / "drained.toml").resolve()
    assert first[1:] == [
        "--set", "roll.drained=false", "--set", "description=Each node is stopped under load.",
        "--set", "name=undrained", "--out", str(tmp_path / "runs"),
    ]  # fmt: skip


def test_a_run_that_fails_or_is_inconclusive_is_data(tmp_path: Path) -> None:
    made, said = _carried_out(tmp_path, FakeHarness(1, 3, 1, 0))

    assert len(made) == 4
    assert [line.split(":")[0].strip() for line in said if not line.startswith("[")] == [
        "FAIL",
        "INCONCLUSIVE",
        "FAIL",
        "PASS",
    ]


def test_a_run_that_breaks_stops_the_comparison_and_says_how_to_go_on(tmp_path: Path) -> None:
    fake = FakeHarness(1, 0, 4)
    with pytest.raises(HarnessError) as caught:
        _carried_out(tmp_path, fake)

    runs = tmp_path / "runs"
    made = [runs / "undrained" / "stamp-1", runs / "drained" / "stamp-2"]
    assert str(caught.value) == (
        "the run of undrained ended with status 4 (what the run said last, 3), so the comparison stops; "
        f"compare what there is with: harness compare {made[0]} {made[1]} --by roll.drained"
    )
    assert caught.value.exit_code == 4
    assert len(fake.commands) == 3
    assert all((path / "run.json").is_file() for path in made)


def test_a_run_that_is_refused_stops_the_comparison_as_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _carried_out(tmp_path, FakeHarness(2))

    assert str(caught.value) == (
        "the run of undrained ended with status 2 (what the run said last, 1), so the comparison stops; "
        "no run was made"
    )


def test_a_run_that_hangs_stops_the_comparison(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as caught:
        _carried_out(tmp_path, FakeHarness(1, None))

    assert str(caught.value) == (
        "the run of drained took longer than 7200 s (what the run said last, 2), so the comparison stops; "
        "1 run was made"
    )


def test_whoever_interrupts_it_is_told_how_to_compare_what_there_is(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        carry_out_arms(load_arms(ARMS, 2), tmp_path, said.append, FakeHarness(1, 0, INTERRUPTED))

    made = [tmp_path / "runs" / "undrained" / "stamp-1", tmp_path / "runs" / "drained" / "stamp-2"]
    assert said[-1] == (
        f"interrupted; compare what there is with: harness compare {made[0]} {made[1]} --by roll.drained"
    )


def test_a_terminated_comparison_ends_as_an_interrupted_one(tmp_path: Path) -> None:
    def terminated(arguments: Sequence[str], log: Path, limit_s: float) -> int | None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        raise AssertionError("it went on after the signal")

    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        carry_out_arms(load_arms(ARMS, 1), tmp_path, said.append, terminated)

    assert said == ["[1/2] undrained, 1 of 1", "interrupted; no run was made"]
