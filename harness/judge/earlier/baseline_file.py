"""The baseline file: figures of earlier runs, and what they have in common."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import UsageError
from harness.evidence.drafts import replace_file
from harness.evidence.room import need_room
from harness.judge.earlier.comparable import Settings, differences
from harness.judge.earlier.figures import RunFigures
from harness.judge.model import Verdict
from harness.refusal import problem

FORMAT: Final = 1
RUNS_MIN = 3
"""Fewer have no spread to speak of."""


class EarlierRun(BaseModel):
    """One of the earlier runs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    """Its folder: `drained/20261122T143314.831112Z`."""
    started: datetime
    availability: Verdict
    figures: RunFigures


class Baseline(BaseModel):
    """Earlier runs under the same settings."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1]
    kind: Literal["keystone-upgrade-baseline"] = "keystone-upgrade-baseline"
    harness: str
    """Version that wrote the file."""
    settings: Settings
    runs: Annotated[tuple[EarlierRun, ...], Field(min_length=RUNS_MIN)]


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write the file for its owner, whole or not at all; the same runs give the same bytes.

    Raises:
        UsageError: the folder cannot be written.
        HarnessError: the disk is full or broken.
    """
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    try:
        replace_file(path, orjson.dumps(baseline.model_dump(mode="json"), option=options))
    except OSError as error:
        need_room(error, path)
        raise UsageError(
            f"{path}: the baseline cannot be written ({error.strerror}); choose another place with -o."
        ) from error


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        UsageError: it cannot be read, or is no baseline of this format.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: the baseline cannot be read ({error.strerror}).") from error
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}: no JSON ({error}); write it anew with `harness baseline`.") from error
    try:
        return Baseline.model_validate(document)
    except ValidationError as error:
        raise UsageError(
            f"{path}: {problem(error, whole='the document')}; this is no baseline of format {FORMAT}, write "
            "it anew with `harness baseline`."
        ) from error


def need_comparable(baseline: Baseline, settings: Settings, source: object) -> None:
    """Refuse to compare what was not run alike.

    Raises:
        UsageError: a setting differs.
    """
    if different := differences(baseline.settings, settings):
        raise UsageError(
            f"{source}: not comparable with the runs of the baseline: {different}; make a baseline of runs "
            "like this one."
        )
