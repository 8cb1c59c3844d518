"""The rows that the tables of the page are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.judge.model import Verdict
from harness.report.text import NONE, one_line


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells as text, and what a script may select it by."""

    cells: tuple[str, ...]
    data: Mapping[str, str]
    verdict: Verdict | None = None


def data_attributes(**values: object) -> dict[str, str]:
    """What a script may select a row by, as `data-*` attributes; what does not apply is left out."""
    return {name.replace("_", "-"): one_line(value) for name, value in values.items() if value is not None}


def node_and_release(node: str | None, release: str | None) -> str:
    """`node1 (27.1.0)`, or what there is of it."""
    parts = [one_line(node) if node else "", f"({one_line(release)})" if release else ""]
    return " ".join(part for part in parts if part).strip() or NONE
