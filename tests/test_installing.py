"""Whatever is downloaded is held against a hash: every lock has them, and every command asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.releases.catalogue import LOCKS_FOLDER
from harness.releases.locking import BUILD_LOCK, build_lock_arguments

ROOT = Path(__file__).parent.parent
LOCKS = (ROOT / "requirements.lock", *sorted(LOCKS_FOLDER.glob("*.txt")))
PIN = re.compile(r"^[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.+!]*( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")

SOURCES = [
    path
    for pattern in ("Makefile", "*.md", ".ci/*", "harness/**/*.py", "tools/**/*.py", "benchmarks/**/*.py",
                    "docs/**/*.md", "docs/ci/**/*", "harness/**/*.md")
    for path in sorted(ROOT.glob(pattern))
    if path.is_file()
]  # fmt: skip
INSTALLS = re.compile(
    r"""\bpip3?["']?,?\s+["']?(install|sync|download|wheel)\b|\buvx\b|\bpipx\b|\bpip_install\b"""
)
HASHED = "--require-hashes"
OF_THIS_TREE = ("--offline", "--no-deps", "--no-build-isolation")
"""What installs nothing that is not here already."""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_of_a_lock_is_followed_by_hashes_and_there_is_nothing_else(lock: Path) -> None:
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]

    assert lines
    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []
    # A pin that follows a pin, or ends the file, has no hash.
    assert [
        a for a, b in zip(lines, [*lines[1:], ""], strict=True) if PIN.match(a) and not HASH.match(b)
    ] == []
    # A hash with no backslash ends its entry: one that follows would be left out in silence.
    assert [
        a for a, b in zip(lines, [*lines[1:], ""], strict=True) if HASH.match(b) and not a.endswith("\\")
    ] == []


def _commands(text: str) -> Iterator[str]:
    """Each command that installs, with the lines that it goes on in."""
    whole = text.replace("\\\n", " ")
    for line in whole.splitlines():
        if INSTALLS.search(line):
            yield line


def _is_hashed(command: str) -> bool:
    return HASHED in command or all(option in command for option in OF_THIS_TREE)


def test_no_command_installs_without_hashes() -> None:
    commands = [(path.name, command) for path in SOURCES for command in _commands(path.read_text("utf-8"))]

    assert [name for name, _ in commands].count("Makefile") == 3
    assert "prepare.py" in {name for name, _ in commands}
    assert [(name, command) for name, command in commands if not _is_hashed(command)] == []


@pytest.mark.parametrize(
    "command",
    [
        "pip install uv==1",
        "uv pip sync requirements.lock",
        '["pip", "install", name]',
        "uvx ruff",
        "pip wheel .",
    ],
)
def test_a_command_without_them_would_be_found(command: str) -> None:
    assert [_is_hashed(found) for found in _commands(f"make:\n\t{command}\n")] == [False]


def test_a_source_distribution_is_built_with_what_is_hashed() -> None:
    prepare = (ROOT / "harness/releases/prepare.py").read_text(encoding="utf-8")
    build = (LOCKS_FOLDER / BUILD_LOCK).read_text(encoding="utf-8")

    assert '"--require-build-hashes", "--build-constraints"' in prepare
    assert build.startswith(f"# Made by: uv {' '.join(build_lock_arguments())}\n")
    assert {line.split("==")[0] for line in build.splitlines() if PIN.match(line)} >= {
        "setuptools",
        "wheel",
        "pbr",
    }


def test_of_what_is_downloaded_for_the_harness_itself_nothing_is_built() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    downloading = [command for command in _commands(makefile) if HASHED in command]

    assert len(downloading) == 2
    assert all("--no-build" in command or "--only-binary :all:" in command for command in downloading)
    assert {"hatchling", "editables"} <= _names(ROOT / "requirements.lock")


def _names(lock: Path) -> set[str]:
    return {line.split("==")[0] for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line}
