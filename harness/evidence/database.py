"""Reads the samples of the database: version tables at step edges, and whatever else was sampled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import UsageError
from harness.evidence.jsonl import read_jsonl
from harness.refusal import problem


class _Sample(BaseModel):
    """What every reader relies on; other keys belong to the kind of sample."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    mono_ns: Annotated[int, Field(ge=0, lt=2**63)] | None = None


class _Versions(_Sample):
    mono_ns: Annotated[int, Field(ge=0, lt=2**63)]
    tables: dict[str, list[str]] | None = None


@dataclass(frozen=True, slots=True)
class DatabaseRead:
    """What `database.jsonl` held."""

    exists: bool
    rows: tuple[dict[str, Any], ...]
    torn: int
    malformed: int

    @property
    def versions(self) -> tuple[dict[str, Any], ...]:
        """Version tables at step edges: `mono_ns`, `phase`, `step`, `edge`, `tables`."""
        return tuple(row for row in self.rows if row.get("kind") == "versions")


def read_database(path: Path) -> DatabaseRead:
    """Read the samples, also those of a run whose harness was killed.

    Raises:
        UsageError: a sample's time or version tables are of another type.
        OSError: the file exists and cannot be read.
    """
    lines = read_jsonl(path)
    for number, row in enumerate(lines.rows, start=1):
        try:
            (_Versions if row.get("kind") == "versions" else _Sample).model_validate(row)
        except ValidationError as error:
            raise UsageError(
                f"{path}, sample {number}: {problem(error)}; restore the file from where the run was made."
            ) from error
    return DatabaseRead(path.exists(), lines.rows, lines.torn, lines.malformed)
