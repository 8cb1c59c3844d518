"""Scenarios as nobody should write them: refused in one line that names file and key, or fit to be run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.refusal import shown
from harness.run.judgeable import need_judgeable
from harness.scenario import Scenario, load_scenario
from tests.command import ROOT
from tests.fuzz import sound
from tests.fuzz.hostile import Path_, damaged, spoiled, written
from tests.fuzz.profiles import inputs
from tests.fuzz.tried import tried

SOUND = sound.scenario()
SHIPPED = [
    *(
        path.read_bytes()
        for path in sorted((ROOT / "scenarios").glob("**/*.toml"))
        if "arms" not in str(path)
    ),
    written(SOUND).encode(),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fuzz")
    (made / "identity.py").touch()
    return made


def _tried(folder: Path, text: bytes) -> str:
    mine = folder / "mine.toml"
    mine.write_bytes(text)
    done = tried("run", "mine.toml", cwd=folder)
    done.need_clear("harness: mine.toml: ", "harness: Keystone cannot ")
    if done.accepted:
        need_judgeable(load_scenario(mine), mine)
    return done.said


def test_the_sound_one_is_accepted(folder: Path) -> None:
    assert "gate.worse_fails: there are no earlier runs" in _tried(folder, written(SOUND).encode())


@inputs(0.20)
@given(made=spoiled(SOUND))
def test_one_value_that_is_not_sound(folder: Path, made: tuple[dict[str, object], Path_]) -> None:
    document, _ = made
    said = _tried(folder, written(document).encode())
    # Which of several is told does not hang on which was spoiled: faults and expectations name each other.
    keys = [*Scenario.model_fields, "from", *(shown(key)[1:20] for key in document), "line "]
    assert not said or any(key in said for key in keys), said


@inputs(0.1875)
@given(text=damaged(SHIPPED))
def test_a_file_with_slips_in_it(folder: Path, text: bytes) -> None:
    _tried(folder, text)


@inputs(0.01)
@given(text=st.binary(max_size=200))
def test_anything(folder: Path, text: bytes) -> None:
    _tried(folder, text)
