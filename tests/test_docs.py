"""What the documents point at is there: files, folders and modules by the names they have today."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs/examples/README.md",
    ROOT / "scenarios/README.md",
    ROOT / "reports/README.md",
    ROOT / "harness/releases/README.md",
)
_FOLDERS = sorted(
    {folder.name for place in (ROOT, ROOT / "harness") for folder in place.iterdir() if folder.is_dir()}
    - {"ledger", "logs", "requests", "charts", "runs"}
)
_QUOTED = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_PATH = re.compile(rf"(?:{'|'.join(map(re.escape, _FOLDERS))})/[\w./-]*")
_MODULE = re.compile(r"\bharness(?:\.[a-z_]+)+")
_NOT_OURS = re.compile(r"reports/(?!README)|keystone/\w+/")
"""Runs of a reader, and sources of Keystone itself: `harness/keystone` has no folders."""


def _missing_paths(document: Path) -> list[str]:
    text = document.read_text()
    named = [word for quoted in _QUOTED.findall(text) for word in quoted.split() if _PATH.fullmatch(word)]
    return [
        path
        for path in named
        if not _NOT_OURS.match(path)
        and not any((place / path).exists() for place in (ROOT, ROOT / "harness"))
    ]


def _missing_modules(document: Path) -> list[str]:
    return [name for name in _MODULE.findall(document.read_text()) if not _is_known(name)]


def _is_known(name: str) -> bool:
    """A module, or what one holds."""
    parent, _, last = name.rpartition(".")
    try:
        module = importlib.import_module(parent)
    except ModuleNotFoundError:
        return False
    return hasattr(module, last) or (
        hasattr(module, "__path__") and importlib.util.find_spec(name) is not None
    )


def test_a_document_that_names_what_was_moved_away_is_found_out(tmp_path: Path) -> None:
    document = tmp_path / "moved.md"
    document.write_text("`judge/room.py` became `judge/case.py`; harness.judge.room, harness.judge.case.Case")

    assert _missing_paths(document) == ["judge/room.py"]
    assert _missing_modules(document) == ["harness.judge.room"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    assert _missing_paths(document) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_that_a_document_names_exists(document: Path) -> None:
    assert _missing_modules(document) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_tree_leads_to_a_file(document: Path) -> None:
    broken = [link for link in _LINK.findall(document.read_text()) if not (document.parent / link).exists()]

    assert broken == []
