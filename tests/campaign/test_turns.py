"""Many runs in turn: what each made is found and kept, and who ends them is told how to go on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.campaign.turns import Campaign, PlannedRun, Turn, carry_out
from harness.errors import HarnessError, UsageError

INTERRUPTED = 130


class DoubleOfTheCommand:
    """Stands for `harness run`: leaves a folder where it is told, and ends as it is told."""

    def __init__(self, *statuses: int | None, leaves_nothing: Sequence[int] = ()) -> None:
        self.statuses = list(statuses)
        self.leaves_nothing = leaves_nothing
        self.asked: list[tuple[tuple[str, ...], float]] = []

    def __call__(self, arguments: Sequence[str], log: Path, limit_s: float) -> int | None:
        self.asked.append((tuple(arguments), limit_s))
        number = len(self.asked)
        status = self.statuses[number - 1]
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        log.write_text(f"starting\nharness: the last words of {number}.\n\n")
        if number not in self.leaves_nothing:
            (log.parent / arguments[0] / f"stamp-{number}").mkdir(parents=True)
        return status


def _planned(folder: Path, name: str) -> PlannedRun:
    return PlannedRun(name, f"{name}, told", (name,), folder / name, folder / f"{name}.log", 9.0)


def _campaign(folder: Path, *names: str, stops: bool = True) -> Campaign:
    def go_on(turns: Sequence[Turn]) -> str:
        return f"{len(turns)} runs are kept"

    return Campaign(tuple(_planned(folder, name) for name in names), "the matrix", stops, go_on)


class Heard:
    """What the caller was told, line by line and turn by turn."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.turns: list[Turn] = []

    def carry_out(self, campaign: Campaign, command: Callable[..., int | None]) -> tuple[Turn, ...]:
        return carry_out(campaign, self.lines.append, self.turns.append, command)


def test_each_run_has_its_turn_and_the_folder_that_it_made_is_found(tmp_path: Path) -> None:
    (tmp_path / "a" / "stamp-0").mkdir(parents=True)  # of an earlier campaign
    heard, command = Heard(), DoubleOfTheCommand(0, 1, 3)

    turns = heard.carry_out(_campaign(tmp_path, "a", "b", "a"), command)

    assert [(turn.planned.name, turn.status, turn.run) for turn in turns] == [
        ("a", 0, tmp_path / "a" / "stamp-1"),
        ("b", 1, tmp_path / "b" / "stamp-2"),
        ("a", 3, tmp_path / "a" / "stamp-3"),
    ]
    assert heard.lines == ["[1/3] a, told", "[2/3] b, told", "[3/3] a, told"]
    assert tuple(heard.turns) == turns
    assert command.asked == [(("a",), 9.0), (("b",), 9.0), (("a",), 9.0)]


@pytest.mark.parametrize(
    ("status", "error", "how"),
    [
        (2, UsageError, "ended with status 2 (the last words of 2)"),
        (4, HarnessError, "ended with status 4 (the last words of 2)"),
        (-9, HarnessError, "ended with status -9 (the last words of 2)"),
        (None, HarnessError, "took longer than 9 s (the last words of 2)"),
    ],
)
def test_a_run_that_breaks_stops_the_campaign_and_what_was_made_is_kept(
    tmp_path: Path, status: int | None, error: type[HarnessError], how: str
) -> None:
    heard, command = Heard(), DoubleOfTheCommand(0, status, 0)

    with pytest.raises(HarnessError) as caught:
        heard.carry_out(_campaign(tmp_path, "a", "b", "c"), command)

    assert type(caught.value) is error
    assert str(caught.value) == f"the run of b {how}, so the matrix stops; 1 runs are kept"
    assert len(command.asked) == 2
    assert [turn.run for turn in heard.turns] == [tmp_path / "a" / "stamp-1"]
    assert (tmp_path / "a" / "stamp-1").is_dir()


def test_a_run_that_says_it_passed_and_left_nothing_broke(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"^the run of a ended with status 0"):
        Heard().carry_out(_campaign(tmp_path, "a"), DoubleOfTheCommand(0, leaves_nothing=[1]))


@pytest.mark.parametrize("status", [2, 4, None])
def test_where_a_broken_run_is_to_be_noted_the_others_have_their_turn(
    tmp_path: Path, status: int | None
) -> None:
    heard, command = Heard(), DoubleOfTheCommand(status, 0, leaves_nothing=[1])

    turns = heard.carry_out(_campaign(tmp_path, "a", "b", stops=False), command)

    assert [(turn.broke, turn.status, turn.run) for turn in turns] == [
        (True, status, None),
        (False, 0, tmp_path / "b" / "stamp-2"),
    ]


def test_whoever_interrupts_it_is_told_what_is_kept(tmp_path: Path) -> None:
    heard = Heard()

    with pytest.raises(KeyboardInterrupt):
        heard.carry_out(_campaign(tmp_path, "a", "b", "c", stops=False), DoubleOfTheCommand(1, INTERRUPTED))

    assert heard.lines == ["[1/3] a, told", "[2/3] b, told", "interrupted; 1 runs are kept"]
    assert len(heard.turns) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it_is_an_interruption(tmp_path: Path, number: signal.Signals) -> None:
    def killed(arguments: Sequence[str], log: Path, limit_s: float) -> int | None:
        os.kill(os.getpid(), number)
        time.sleep(5)
        raise AssertionError("it went on after the signal")

    heard = Heard()
    with pytest.raises(KeyboardInterrupt):
        heard.carry_out(_campaign(tmp_path, "a"), killed)
    assert heard.lines[-1] == "interrupted; 0 runs are kept"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_was_inherited_as_ignored_ends_no_campaign(
    tmp_path: Path, number: signal.Signals
) -> None:
    """As under nohup, or of a job that a script put into the background; each run inherits it likewise."""
    command = DoubleOfTheCommand(0, 0)
    inherited: list[object] = []

    def signalled(arguments: Sequence[str], log: Path, limit_s: float) -> int | None:
        os.kill(os.getpid(), number)
        inherited.append(signal.getsignal(number))
        return command(arguments, log, limit_s)

    before = signal.signal(number, signal.SIG_IGN)
    try:
        turns = Heard().carry_out(_campaign(tmp_path, "a", "b"), signalled)
    finally:
        signal.signal(number, before)
    assert [turn.status for turn in turns] == [0, 0]
    assert inherited == [signal.SIG_IGN, signal.SIG_IGN]
