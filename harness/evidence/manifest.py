"""The manifest `run.json`: what was run, from what to what, on which machine, and how it ended."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import UsageError
from harness.evidence.jsonl import PRIVATE_FILE_MODE
from harness.evidence.names import RunOutcome
from harness.evidence.rundir import FORMAT


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ReleaseName(_Part):
    """A release as the run directory names it."""

    series: str
    version: str


class ClockReading(_Part):
    """Both clocks, read together; see `harness.evidence.clock.Clock`."""

    wall_ns: int
    mono_ns: int


class Owner(_Part):
    """The harness process that writes the run; tells a running harness from a dead one."""

    pid: int
    created: float
    """Start time of the process, seconds since the epoch, so that a reused pid is not taken for it."""
    boot_id: str = ""


class Manifest(_Part):
    """`run.json`."""

    format: Literal[1]
    scenario: dict[str, Any]
    """The scenario as resolved, secrets never in it."""
    from_: Annotated[ReleaseName, Field(alias="from")]
    to: ReleaseName
    nodes: tuple[str, ...]
    clock: ClockReading
    started: datetime
    ended: datetime | None
    outcome: RunOutcome | None
    """None while the run goes on."""
    host: dict[str, Any]
    """`cores`, `memory_bytes`, `kernel`, `software` (name -> version)."""
    seed: int
    owner: Owner | None = None
    command: tuple[str, ...] = ()
    """The command line of the run."""


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write the manifest so that a reader sees the old or the new one, never a part.

    Raises:
        OSError: the folder cannot be written.
    """
    data = orjson.dumps(
        manifest.model_dump(mode="json", by_alias=True),
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )
    draft = path.with_suffix(".json.new")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE_MODE)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        UsageError: not JSON, another format, or a required field is missing or of another type.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read as JSON ({error}); restore it from where the run was made."
        ) from error
    if not isinstance(document, dict):
        raise UsageError(f"{path}: holds no JSON object; restore it from where the run was made.")
    if document.get("format") != FORMAT:
        raise UsageError(
            f"{path}: format is {document.get('format')!r}, this harness reads format {FORMAT}; "
            "judge it with the harness that made it."
        )
    try:
        return Manifest.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{path}: {key}: {first['msg'].lower()}; restore the file from where the run was made."
        ) from error
