"""Gate files as nobody should write them: refused in one line with file and key, or applied in no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from harness.judge.gate.acceptance import covers
from harness.judge.model import Finding, Verdict
from harness.scenario import load_gate
from tests.command import ROOT
from tests.fuzz import sound
from tests.fuzz.hostile import Path_, damaged, spoiled, texts, written
from tests.fuzz.profiles import inputs
from tests.fuzz.tried import tried

RUN = str(ROOT / "tests" / "evidence" / "runs" / "drained")
BY_HAND = b"""
[[gate.budgets]]
phase = "roll"                 # left out: the whole run
lane = "token_issue/*"
failed_max = 2
[[gate.accepted]]
question = "availability"
phase = "roll"
pattern = "was not * answered"
reason = "The server cuts kept connections when it stops."
link = "https://bugs.example.org/1234"
until = 2027-03-31
"""
LONG = "The reference target was not answered for 3.20 s in phase roll " * 200
FINDING = Finding(sentence=LONG, verdict=Verdict.FAIL, lanes=("token_issue/new", "token_issue/reused"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def _tried(folder: Path, text: bytes) -> str:
    gate = folder / "gate.toml"
    gate.write_bytes(text)
    done = tried("judge", RUN, "--gate", "gate.toml", cwd=folder)
    done.need_clear("harness: gate.toml: ")
    if done.accepted:
        for acceptance in load_gate(gate).accepted:
            covers(acceptance, acceptance.question, FINDING)
    return done.said


def test_the_sound_ones_are_accepted(folder: Path) -> None:
    assert _tried(folder, written(sound.GATE).encode()) == ""
    assert _tried(folder, BY_HAND) == ""


@inputs(0.07)
@given(made=spoiled(sound.GATE))
def test_one_value_that_is_not_sound(folder: Path, made: tuple[dict[str, Any], Path_]) -> None:
    _tried(folder, written(made[0]).encode())


@inputs(0.04)
@given(text=damaged([BY_HAND, written(sound.GATE).encode()]))
def test_a_file_with_slips_in_it(folder: Path, text: bytes) -> None:
    _tried(folder, text)


@inputs(0.01)
@given(name=texts)
def test_a_file_of_any_name(folder: Path, name: str) -> None:
    given_name = name.replace("\0", "")
    tried("judge", RUN, f"--gate={given_name}", cwd=folder).need_clear("harness: ")
