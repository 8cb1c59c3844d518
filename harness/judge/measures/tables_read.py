"""What the version tables held each time that they were read."""

from __future__ import annotations

from collections.abc import Iterable

from harness.evidence.database import VersionsSample
from harness.judge.observations import TablesRead


def tables_read(samples: Iterable[VersionsSample]) -> tuple[TablesRead, ...]:
    """The samples of version tables, in the order in which they were written."""
    return tuple(
        TablesRead(
            mono_ns=sample.mono_ns,
            phase=sample.phase,
            step=sample.step,
            edge=sample.edge,
            tables=sample.tables or {},
        )
        for sample in samples
    )
