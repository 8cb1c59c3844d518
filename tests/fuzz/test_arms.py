"""Arms files as nobody should write them: refused in one line that names it, or fit to be carried out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import ROOT
from tests.fuzz import sound
from tests.fuzz.hostile import Path_, damaged, spoiled, texts, toml, values, written
from tests.fuzz.profiles import inputs
from tests.fuzz.tried import tried

SHIPPED = [path.read_bytes() for path in sorted((ROOT / "scenarios" / "arms").glob("*.toml"))]
settings_of_arms = st.builds(
    "{}={}".format, st.sampled_from(["roll.drained", "to", "name", "probes", "deployment.nodes", "x"]), texts
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fuzz")
    (made / "identity.py").touch()
    (made / "mine.toml").write_text("", encoding="utf-8")
    # Where the arms that ship look for theirs.
    for name in ("drained.toml", "undrained.toml"):
        (made / name).write_text("", encoding="utf-8")
    (made / "arms").mkdir()
    return made


def _tried(folder: Path, text: bytes) -> str:
    (folder / "arms" / "two.toml").write_bytes(text.replace(b"mine.toml", b"../mine.toml"))
    done = tried("compare", "--arms", "arms/two.toml", cwd=folder)
    done.need_clear("harness: arms/two.toml: ")
    return done.said


def test_the_sound_ones_are_accepted(folder: Path) -> None:
    for text in (written(sound.ARMS).encode(), *SHIPPED):
        assert _tried(folder, text) == ""


@inputs(0.04)
@given(made=spoiled(sound.ARMS))
def test_one_value_that_is_not_sound(folder: Path, made: tuple[dict[str, Any], Path_]) -> None:
    _tried(folder, written(made[0]).encode())


@inputs(0.03)
@given(text=damaged([*SHIPPED, written(sound.ARMS).encode()]))
def test_a_file_with_slips_in_it(folder: Path, text: bytes) -> None:
    _tried(folder, text)


@inputs(0.01)
@given(settings=st.lists(st.one_of(settings_of_arms, values.map(toml)), max_size=3))
def test_an_arm_with_any_settings(folder: Path, settings: list[str]) -> None:
    document = {**sound.ARMS, "arms": [{"name": "one"}, {"name": "two", "set": settings}]}
    _tried(folder, written(document).encode())
