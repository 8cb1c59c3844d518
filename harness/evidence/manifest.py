"""The manifest `run.json`: what was run, from what to what, on which machine, and how it ended."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
import psutil
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from harness.errors import UsageError
from harness.evidence.drafts import replace_file
from harness.evidence.files import read_document
from harness.evidence.names import Ability, RunOutcome
from harness.evidence.rows import Natural, Number, Whole
from harness.evidence.rundir import FORMAT
from harness.evidence.seal import Seal, SealedFile, digest
from harness.evidence.stored_scenario import StoredScenario
from harness.refusal import problem

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_YEARS = range(1970, 2262)
"""Those that nanoseconds since 1970 can tell, as the run's clock does."""
_SAME_START_S = 0.02
"""Start times of one process agree to the clock tick (10 ms) in which the kernel counts them."""


def _of_this_age(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("it lacks its offset from UTC, such as Z")
    if not _YEARS.start <= instant.year < _YEARS.stop:
        raise ValueError(f"the year is {instant.year}, expected {_YEARS.start} to {_YEARS.stop - 1}")
    return instant


Instant = Annotated[datetime, AfterValidator(_of_this_age)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ReleaseName(_Part):
    """A release as the run directory names it."""

    series: str
    version: str


class ClockReading(_Part):
    """Both clocks, read together; see `harness.evidence.clock.Clock`."""

    wall_ns: Natural
    mono_ns: Natural


class _Host(_Part):
    """What of `host` is read beyond showing it."""

    software: dict[str, Any] = {}


class Owner(_Part):
    """The harness process that writes the run; tells a running harness from a dead one."""

    pid: Annotated[int, Field(strict=True, gt=0, lt=2**31)]
    created: Number
    """Start time of the process, seconds since the epoch, so that a reused pid is not taken for it."""
    boot_id: str = ""


class Manifest(_Part):
    """`run.json`."""

    format: Literal[1]
    settings: Annotated[dict[str, Any], Field(alias="scenario")]
    """Every key of the scenario as resolved, for those who hold whole scenarios against each other; secrets
    are never in it. Who reads a key reads it in `stored`."""
    from_: Annotated[ReleaseName, Field(alias="from")]
    to: ReleaseName
    nodes: tuple[str, ...]
    clock: ClockReading
    started: Instant
    ended: Instant | None
    outcome: RunOutcome | None
    """None while the run goes on."""
    host: dict[str, Any]
    """`cores`, `memory_bytes`, `kernel`, `software` (name -> version)."""
    seed: Whole
    users_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of the Locust file with the users of the load; None in runs that do not tell."""
    owner: Owner | None = None
    command: tuple[str, ...] = ()
    """The command line of the run."""
    abilities: tuple[str, ...] | None = None
    """What the deployment could do, of `names.Ability`, sorted; None in runs that do not tell."""
    seal: Seal | None = None
    """What the evidence held when the run was closed; None in a run that was killed or is from before."""

    @cached_property
    def stored(self) -> StoredScenario:
        """The scenario, as far as it is read.

        Raises:
            ValidationError: a value of it has another type; `read_manifest` has refused that already.
        """
        return StoredScenario.model_validate(self.settings)

    def lacks(self, ability: Ability) -> bool:
        """Whether the deployment is known not to have it; False in runs that do not tell."""
        return self.abilities is not None and ability not in self.abilities

    @property
    def drained(self) -> bool:
        """Whether nodes were to be taken out of the balancer before they were touched, and could be."""
        return self.stored.roll.drained and not self.lacks(Ability.DRAIN)


class _Checked(_Part):
    """Parts that the manifest keeps as they stand, and that are checked all the same."""

    scenario: StoredScenario = StoredScenario()
    host: _Host = _Host()


def is_running(manifest: Manifest) -> bool:
    """Whether another process of this host still writes the run: its harness lives and has not ended it.

    False where the run has an outcome, where its owner is the process that asks, and where the owner can not
    be known: a run of another host, or of a boot before this one.
    """
    owner = manifest.owner
    if manifest.outcome is not None or owner is None or owner.pid == os.getpid():
        return False
    if owner.boot_id and owner.boot_id != _boot_id():
        return False
    try:
        process = psutil.Process(owner.pid)
        same = abs(process.create_time() - owner.created) <= _SAME_START_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
        return False


def _boot_id() -> str:
    return _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""


def write_manifest(path: Path, manifest: Manifest, files: Mapping[str, SealedFile] | None = None) -> None:
    """Write the manifest so that a reader sees the old or the new one, never a part.

    Args:
        path: `run.json`.
        manifest: what it says.
        files: what each file of the evidence holds, where the run is closed and is to be sealed.

    Raises:
        OSError: the folder cannot be written.
    """
    document = manifest.model_dump(mode="json", by_alias=True)
    if files is not None:
        told = {name: file.model_dump() for name, file in files.items()}
        document["seal"] = {"files": told, "sha256": digest({**document, "seal": {"files": told}})}
    data = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    replace_file(path, data, sync=True)


def _can_be_written(document: dict[str, Any]) -> bool:
    """Whether it could be written again, as the seal needs: orjson reads deeper than it writes."""
    try:
        orjson.dumps(document)
    except orjson.JSONEncodeError:
        return False
    return True


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        UsageError: not JSON, another format, or a required field is missing or of another type.
    """
    try:
        document = orjson.loads(read_document(path))
    except (OSError, orjson.JSONDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read as JSON ({error}); restore it from where the run was made."
        ) from error
    if not isinstance(document, dict):
        raise UsageError(f"{path}: holds no JSON object; restore it from where the run was made.")
    if not _can_be_written(document):
        raise UsageError(
            f"{path}: its values lie too deep in each other; restore it from where the run was made."
        )
    if document.get("format") != FORMAT:
        raise UsageError(
            f"{path}: format is {document.get('format')!r}, this harness reads format {FORMAT}; "
            "judge it with the harness that made it."
        )
    try:
        _Checked.model_validate(document)
        return Manifest.model_validate(document)
    except ValidationError as error:
        raise UsageError(
            f"{path}: {problem(error)}; restore the file from where the run was made."
        ) from error
