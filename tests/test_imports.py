"""What is refused is refused quickly: nothing is imported that a verb does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.command import ROOT

pytestmark = pytest.mark.process

HEAVY = {"gevent", "locust", "matplotlib", "numpy", "pandas", "pyarrow", "pymysql", "requests", "scipy"}
CALL = """
import sys
from harness.command.entry import main
sys.argv = ["harness", *{arguments!r}]
try:
    main()
except SystemExit:
    pass
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


RUN = ROOT / "tests" / "evidence" / "runs" / "drained"
_FIGURES: dict[str, Any] = {
    **dict.fromkeys(("requests", "failed", "outage_s"), 0),
    **dict.fromkeys(("stall_s", "p50_ms", "p99_ms", "roll_s")),
    "cells": [],
}
_EARLIER = {"name": "a/b", "started": "2026-01-01T00:00:00Z", "availability": "PASS", "figures": _FIGURES}
OTHER = {"format": 1, "harness": "0", "settings": {}, "runs": [_EARLIER] * 3}
"""A baseline of runs that were made otherwise."""


def _imported(*arguments: str, cwd: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", CALL.format(arguments=arguments)],
        capture_output=True, text=True, check=True, cwd=cwd, timeout=60,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("compare", "--help")])
def test_help_needs_nothing_but_what_parses_the_command_line(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert not _imported(*arguments, cwd=tmp_path) & (HEAVY | {"pydantic", "rich", "psutil", "orjson"})


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nosuch"),
        ("run", "drained", "--set", "deployment.nodes=99"),
        ("run", "drained", "--set", "procedure.baseline_s=3"),
        ("run", "drained", "--to", "2031.1"),
        ("run", "drained", "--from", "2023.1", "--to", "2025.1"),
        ("run", "drained", "--gate", "nosuch.toml"),
        ("judge", "nosuch"),
        ("judge", "nosuch", "--gate", "nosuch.toml"),
        ("compare", "nosuch"),
        ("compare", "--arms", "nosuch"),
        ("controls", "nosuch"),
        ("lab", "up", "nosuch"),
        ("run", "drained", "--set", "deployment.backend=moon"),
        ("run", "drained", "--set", "load.users_file=no.py"),
        ("run", "drained", "--baseline", "nosuch.json"),
        ("judge", "RUN", "--set", "judge.lenient=1"),
        ("judge", "RUN", "--set", "judge.unsent_max=-1"),
        ("judge", "RUN", "--baseline", "other.json"),
        ("baseline", "RUN", "-o", "b.json"),
        ("baseline", "RUN", "RUN", "RUN", "-o", "b.json"),
        ("compare", "nosuch", "nosuch"),
        ("compare", "RUN", "RUN", "--set", "roll.drained=true"),
    ],
    ids=" ".join,
)
def test_a_refusal_needs_nothing_that_takes_a_second_to_import(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "other.json").write_bytes(orjson.dumps(OTHER))
    given = (str(RUN) if argument == "RUN" else argument for argument in arguments)
    assert not _imported(*given, cwd=tmp_path) & HEAVY
