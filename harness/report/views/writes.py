"""What became of everything that was written."""

from __future__ import annotations

from harness.judge.model import Judgement, Verdict
from harness.judge.observations import WriteCounts
from harness.report.text import count
from harness.report.views.rows import Row, data_attributes

WRITE_COLUMNS = (
    "Kind",
    "Found",
    "written to",
    "acknow\N{SOFT HYPHEN}ledged",
    "certainly failed",
    "unknown",
    "proven in the end",
)
_FAULTS = ("lost", "resurrected", "wrong", "duplicated")
_KINDS = {"user": "users", "project": "projects", "grant": "role grants"}


def write_rows(judgement: Judgement) -> list[Row]:
    """A row per kind of entity; faults and the first figure count entities, the others writes."""
    return [_row(counts) for counts in judgement.writes]


def _row(counts: WriteCounts) -> Row:
    told = [f"{count(getattr(counts, fault))} {fault}" for fault in _FAULTS if getattr(counts, fault)]
    figures = (counts.entities, counts.acknowledged, counts.failed, counts.unknown, counts.proven)
    cells = (
        _KINDS.get(counts.kind, counts.kind),
        ", ".join(told) or "nothing amiss",
        *(count(figure) for figure in figures),
    )
    return Row(cells, data_attributes(kind=counts.kind), Verdict.FAIL if told else None)
