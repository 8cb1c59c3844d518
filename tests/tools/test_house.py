"""The measure of the tree refuses what it says it refuses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.house import Functions, circles, circular, drawn_out, functions, main, sources, too_long

BY_TYPE_ONLY = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from {} import thing\n"


def _file(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_more_than_400_lines_is_refused_by_name(tmp_path: Path) -> None:
    just, over = _file(tmp_path / "just.py", "x = 1\n" * 400), _file(tmp_path / "over.py", "x = 1\n" * 401)
    assert too_long([just, over]) == [
        f"{over}: 401 lines, where 400 are the most: split it by what it is about"
    ]


def test_what_is_generated_may_be_long(tmp_path: Path) -> None:
    own = _file(tmp_path / "own.js", "")
    _file(tmp_path / "locks" / "release.txt", "")
    assert sources([tmp_path]) == [own]


def test_functions_are_measured_with_their_signature_and_inner_ones_too(tmp_path: Path) -> None:
    file = _file(
        tmp_path / "some.py", "def outer(\n    a,\n):\n    def inner():\n        return a\n    return inner\n"
    )
    assert functions([file]) == Functions(count=2, lines_median=4, lines_p90=6, lines_max=6)


def test_functions_that_grew_are_refused_by_what_grew() -> None:
    assert drawn_out(Functions(100, 7, 20, 90)) == []
    assert drawn_out(Functions(100, 8, 21, 90)) == [
        "the median function has 8 lines, more than 7",
        "one function in ten has 21 lines or more, where 20 are the most",
    ]


@pytest.fixture
def circling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A tree whose package imports itself in a circle, though one arrow is for types only."""
    _file(tmp_path / "circling/__init__.py", "")
    _file(tmp_path / "circling/a.py", "from circling import b\n\ndef of_a() -> None: ...\n")
    _file(tmp_path / "circling/b.py", "from circling import c\n")
    _file(tmp_path / "circling/c.py", BY_TYPE_ONLY.format("circling.a"))
    _file(tmp_path / "circling/apart.py", "from circling import a\n")
    _file(tmp_path / "tests/test_long.py", "x = 1\n" * 401)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("circling", None)


def test_a_circle_is_found_also_where_one_arrow_is_for_types_only(circling: Path) -> None:
    assert circular(circles("circling")) == [
        "a circle of imports: circling.a, circling.b, circling.c: pass what is needed as an argument"
    ]


def test_the_command_prints_the_figures_and_fails_for_anything_refused(
    circling: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(circling, "circling") == 1
    said = capsys.readouterr()
    assert said.out == ("circling: 5 files, 8 lines, 1 functions (lines: median 1, p90 1, longest 1)\n")
    assert said.err.splitlines() == [
        "house: tests/test_long.py: 401 lines, where 400 are the most: split it by what it is about",
        "house: a circle of imports: circling.a, circling.b, circling.c: pass what is needed as an argument",
    ]
