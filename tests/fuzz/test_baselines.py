"""Baseline files that nobody's harness wrote: refused in one line that names the file, or compared with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.command import ROOT
from tests.fuzz import sound
from tests.fuzz.hostile import Path_, damaged, spoiled
from tests.fuzz.profiles import inputs
from tests.fuzz.tried import tried

RUN = str(ROOT / "tests" / "evidence" / "runs" / "drained")
NOT_COMPARABLE = "not comparable with the runs of the baseline"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fuzz")
    (made / "identity.py").touch()
    (made / "mine.toml").write_text("", encoding="utf-8")
    return made


def _tried(folder: Path, text: bytes) -> str:
    (folder / "earlier.json").write_bytes(text)
    judged = tried("judge", RUN, "--baseline", "earlier.json", cwd=folder)
    judged.need_clear("harness: earlier.json: ", NOT_COMPARABLE)
    run = tried("run", "mine.toml", "--baseline", "earlier.json", cwd=folder)
    run.need_clear("harness: earlier.json: ")
    return judged.said


def test_the_sound_one_is_of_other_runs(folder: Path) -> None:
    assert NOT_COMPARABLE in _tried(folder, json.dumps(sound.HISTORY).encode())


@inputs(0.04)
@given(made=spoiled(sound.HISTORY))
def test_one_value_that_is_not_sound(folder: Path, made: tuple[dict[str, Any], Path_]) -> None:
    _tried(folder, json.dumps(made[0], default=str).encode())


@inputs(0.04)
@given(text=damaged([json.dumps(sound.HISTORY).encode()]))
def test_a_file_with_slips_in_it(folder: Path, text: bytes) -> None:
    _tried(folder, text)
