"""What the version tables held each time that they were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.evidence import told
from harness.judge.observations import TablesRead


def tables_read(rows: Iterable[Mapping[str, Any]]) -> tuple[TablesRead, ...]:
    """The samples of version tables, in the order in which they were written."""
    return tuple(
        TablesRead(
            mono_ns=told.instant_ns(row.get("mono_ns")),
            phase=told.text(row.get("phase")),
            step=told.text(row.get("step")),
            edge=told.text(row.get("edge")),
            tables=told.tables(row.get("tables")) or {},
        )
        for row in rows
    )
