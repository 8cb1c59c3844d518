"""TOML that a person wrote: what is refused before anything is made of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from harness.compare.arms_file import load_arms
from harness.errors import UsageError
from harness.scenario import Scenario, load_gate, load_scenario
from harness.scenario.reading import BYTES_MAX, parse_override, read_toml

READERS = [load_scenario, load_gate, load_arms]


def _refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_toml(path, "the scenario")
    said = str(caught.value)
    assert said.isprintable()
    return said.removeprefix(f"{path}: ")


def _written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "mine.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.timeout(20)
@pytest.mark.parametrize("read", READERS, ids=["scenario", "gate", "arms"])
def test_a_pipe_to_which_nobody_writes_is_refused_and_not_waited_for(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "mine.toml"
    os.mkfifo(path)
    with pytest.raises(UsageError, match="is no regular file"):
        read(path)


def test_a_folder_and_a_device_are_no_files(tmp_path: Path) -> None:
    assert _refusal(tmp_path) == "the scenario cannot be read (Is a directory)."
    assert _refusal(Path("/dev/zero")) == "the scenario is no regular file; give one."


def test_a_file_that_nobody_wrote_by_hand_is_refused(tmp_path: Path) -> None:
    assert _refusal(_written(tmp_path, "#" * (BYTES_MAX + 1))) == (
        "the scenario is longer than 100,000 bytes; leave out what nobody needs."
    )


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a" + ".a" * 40_000 + " = 1", "line 1: a key has more than 10 parts"),
        ("a = " + "[" * 40_000, "line 1: lists and tables lie more than 10 deep in each other"),
        ("a = " + "9" * 9_000, "line 1: a number, or a key without quotes, has more than 100 characters"),
        (b"a = 1\nb = '\xff'", "line 2: it is no text in UTF-8"),
        ("a = 1\na = 2", "Cannot overwrite a value"),
        ("[a.b]\n[a.b]", "Cannot declare a.b twice (at line 2, column 5)"),
        (f"['{'x' * 9_000}']\n" * 2, "Cannot declare xxx"),
    ],
    ids=["a long key", "deep", "many digits", "not UTF-8", "twice", "a table twice", "a long name"],
)
def test_what_can_not_be_parsed_is_refused_before_it_costs_time(
    tmp_path: Path, text: str | bytes, why: str
) -> None:
    said = _refusal(_written(tmp_path, text))
    assert said.startswith(f"not valid TOML: {why}")
    assert len(said) < 400


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        read_toml(Path("a\0b"), "the scenario")
    assert str(caught.value) == "a\\x00b: the scenario cannot be read (no file is called like this)."


@pytest.mark.parametrize(
    ("override", "parts", "value"),
    [
        ("roll.settle_s=5", ("roll", "settle_s"), 5),
        ("roll.stop_signal = kill", ("roll", "stop_signal"), "kill"),
        ("to=2026.2", ("to",), "2026.2"),
        ("load.users=[1", ("load", "users"), "[1"),
        ('description="a = b"', ("description",), '"a = b"'),
        ("load.users=1\nroll.drained = false", ("load", "users"), "1\nroll.drained = false"),
    ],
)
def test_what_set_says(override: str, parts: tuple[str, ...], value: Any) -> None:
    assert parse_override(override) == (parts, value)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "override",
    [
        "",
        "=1",
        "a",
        ".a=1",
        "a..b=1",
        "a.=1",
        "a" + ".a" * 10 + "=1",
        "a" + ".a" * 90_000 + "=1",
        "x" * 200_000,
    ],
)
def test_a_set_without_key_or_value_is_refused_in_one_short_line(override: str) -> None:
    with pytest.raises(UsageError, match="expected key=value") as caught:
        parse_override(override)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.timeout(20)
@pytest.mark.parametrize("value", ["[" * 40_000, "9" * 9_000, "{" + "a." * 40_000 + "a = 1}"])
def test_a_value_of_set_that_can_not_be_parsed_is_text(value: str) -> None:
    assert parse_override(f"load.users={value}") == (("load", "users"), value)


def _numbers(schema: dict[str, Any]) -> list[str]:
    """Dotted keys of every number in the tables of a scenario."""
    found = []
    for table, under in schema["properties"].items():
        definition = schema["$defs"].get(str(under.get("$ref", "")).rpartition("/")[2], {})
        for key, field in definition.get("properties", {}).items():
            kinds = {field.get("type"), *(each.get("type") for each in field.get("anyOf", ()))}
            found += [f"{table}.{key}"] if "number" in kinds else []
    return found


@pytest.mark.parametrize("key", _numbers(Scenario.model_json_schema()))
@pytest.mark.parametrize("value", ["inf", "nan", "1e999"])
def test_no_number_of_a_scenario_is_infinite_or_none(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_scenario(_written(tmp_path, ""), [f"{key}={value}"])
    assert f"--set {key}={value}: {key}: {float(value)!r} is not possible; expected " in str(caught.value)
