"""What became of everything that was written."""

from __future__ import annotations

from collections.abc import Sequence

from harness.judge.model import Judgement, Verdict, WriteCounts
from harness.report.text import count
from harness.report.views.rows import Row, data_attributes

WRITE_COLUMNS = (
    "Kind",
    "written to",
    "acknowledged",
    "certainly failed",
    "unknown",
    "proven in the end",
    "lost",
    "resurrected",
    "wrong",
    "duplicated",
)
_KINDS = {"user": "users", "project": "projects", "grant": "role grants"}


def write_rows(judgement: Judgement) -> list[Row]:
    """A row per kind of entity; the last four figures are entities, those before are writes."""
    return [_row(counts) for counts in judgement.writes]


def _row(counts: WriteCounts) -> Row:
    faults: Sequence[int] = (counts.lost, counts.resurrected, counts.wrong, counts.duplicated)
    figures = (counts.entities, counts.acknowledged, counts.failed, counts.unknown, counts.proven, *faults)
    cells = (_KINDS.get(counts.kind, counts.kind), *(count(figure) for figure in figures))
    return Row(cells, data_attributes(kind=counts.kind), Verdict.FAIL if any(faults) else None)
