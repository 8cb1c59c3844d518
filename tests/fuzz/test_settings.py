"""Settings on the command line as nobody should give them: refused by `--set`, or fit to be run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import ROOT
from tests.fuzz import sound
from tests.fuzz.hostile import Path_, paths, spoiled, texts, toml, values, written
from tests.fuzz.profiles import inputs
from tests.fuzz.tried import tried

SOUND = sound.scenario()
KEYS = sorted({".".join(map(str, path)) for path in paths(SOUND)})
RUN = str(ROOT / "tests" / "evidence" / "runs" / "drained")
keys = st.one_of(
    st.sampled_from(KEYS),
    st.sampled_from(["from", "to", "probes.token_issue.rate_hz", "probes.token_issue", "probes.x.y"]),
    st.lists(texts, min_size=1, max_size=3).map(".".join),
)
given_values = st.one_of(
    values.map(toml), texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fuzz")
    (made / "identity.py").touch()
    (made / "mine.toml").write_text("", encoding="utf-8")
    (made / "sound.toml").write_text(written(SOUND), encoding="utf-8")
    return made


def _argument(text: str) -> str:
    """As the system hands it on: no NUL can be in it."""
    return text.replace("\0", "")


@inputs(0.1)
@given(key=keys, value=given_values)
def test_a_setting_of_a_run(folder: Path, key: str, value: str) -> None:
    done = tried("run", "mine.toml", f"--set={_argument(f'{key}={value}')}", cwd=folder)
    done.need_clear("harness: --set ", "harness: Keystone cannot ", "no run of this can pass")


@inputs(0.05)
@given(made=spoiled(SOUND), more=st.lists(st.tuples(keys, given_values), max_size=3))
def test_a_setting_among_others_with_a_whole_table(
    folder: Path, made: tuple[dict[str, Any], Path_], more: list[tuple[str, str]]
) -> None:
    document, path = made
    whole = f"{path[0]}={toml(document.get(str(path[0]), 1))}"
    asked = [f"--set={_argument(text)}" for text in (*(f"{key}={value}" for key, value in more), whole)]
    done = tried("run", "sound.toml", *asked, cwd=folder)
    done.need_clear("harness: --set ", "harness: Keystone cannot ", "no run of this can pass", "sound.toml: ")


@inputs(0.02)
@given(given_name=st.sampled_from(["--from", "--to"]), release=texts)
def test_a_release(folder: Path, given_name: str, release: str) -> None:
    done = tried("run", "mine.toml", f"{given_name}={_argument(release)}", cwd=folder)
    done.need_clear(f"harness: {given_name} ", "harness: Keystone cannot ")


@inputs(0.03)
@given(
    key=st.one_of(st.sampled_from([key for key in KEYS if key.startswith("judge.")]), keys),
    value=given_values,
)
def test_a_bound_of_a_judge(folder: Path, key: str, value: str) -> None:
    tried("judge", RUN, f"--set={_argument(f'{key}={value}')}", cwd=folder).need_clear("harness: --set ")


@inputs(0.02)
@given(
    words=st.lists(
        st.one_of(texts, st.sampled_from(["run", "judge", "--set", "--out", "mine.toml"])), max_size=4
    )
)
def test_a_command_line(folder: Path, words: list[str]) -> None:
    tried("run", *map(_argument, words), cwd=folder).need_clear("harness: ")
