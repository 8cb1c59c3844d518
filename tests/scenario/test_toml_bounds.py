"""Bounds of a text that are held before anything parses it, at no more cost than reading it once."""

from __future__ import annotations

import tomllib

import pytest

from harness.scenario.toml_bounds import need_bounds

DEEP = "lists and tables lie more than 10 deep in each other"
LONG_KEY = "a key has more than 10 parts"
LONG_WORD = "a number, or a key without quotes, has more than 100 characters"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("text", "objection"),
    [
        ("a = " + "[" * 11 + "]" * 11, f"line 1: {DEEP}"),
        ("a = [\n" * 40_000, f"line 11: {DEEP}"),
        ("a = " + "[{a = " * 10_000, f"line 1: {DEEP}"),
        ("a" + ".a" * 10 + " = 1", f"line 1: {LONG_KEY}"),
        ("a = 1\n\n" + " . ".join(["'a.'", '"\\"b"', "c"] * 4) + " = 1", f"line 3: {LONG_KEY}"),
        ("[[a" + ".a" * 10 + "]]", f"line 1: {LONG_KEY}"),
        ("a = [{b" + ".b" * 10 + " = 1}]", f"line 1: {LONG_KEY}"),
        ("a = " + "9" * 101, f"line 1: {LONG_WORD}"),
        ("a = 0x" + "f" * 90_000, f"line 1: {LONG_WORD}"),
        ("a" * 101 + " = 1", f"line 1: {LONG_WORD}"),
        ("a = 'b'\n#\n" + "c = '''\n\\''' " + "9" * 101, f"line 4: {LONG_WORD}"),
        ('a = """b\\"""" ' + "9" * 101, f"line 1: {LONG_WORD}"),
    ],
    ids=range(12),
)
def test_what_would_cost_the_parser_more_than_a_person_writes_is_named_with_its_line(
    text: str, objection: str
) -> None:
    with pytest.raises(ValueError, match="line") as caught:
        need_bounds(text)
    assert str(caught.value) == objection


@pytest.mark.parametrize(
    "text",
    [
        "a = '" + "." * 9_000 + "'  # " + "[" * 9_000,
        'a = "' + "[." * 9_000 + '\\""',
        'a = """' + '\n[."\\"""' * 9_000 + '"""',
        "a = '''" + "\n[.''\\" * 9_000 + "'''''",
        "a = [" + "[1.5, 'x', {b.c.d = 2026-01-01}],\n" * 2_000 + "]",
        "".join(f"[a.b.c{number}]\nd.e = 1_000.5e3\n" for number in range(2_000)),
    ],
    ids=range(6),
)
def test_strings_and_comments_are_not_counted_and_nothing_is_added_up(text: str) -> None:
    assert tomllib.loads(text)
    need_bounds(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    ['"""\\' * 25_000, "'''" * 33_000, '"' * 99_000, "'a" * 49_000, 'a = "' + "\\" * 99_000, "#" * 99_000],
    ids=range(6),
)
def test_a_string_without_an_end_is_looked_through_once(text: str) -> None:
    need_bounds(text)
