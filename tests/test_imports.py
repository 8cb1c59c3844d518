"""What is refused is refused quickly: nothing is imported that a verb does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
    ],
    ids=" ".join,
)
def test_a_refusal_needs_nothing_that_takes_a_second_to_import(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert not _imported(*arguments, cwd=tmp_path) & HEAVY
