"""The history: figures of earlier runs that were made alike, as `harness baseline` writes them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import UsageError
from harness.evidence.drafts import replace_file
from harness.evidence.files import read_document
from harness.evidence.names import Verdict
from harness.evidence.room import need_room
from harness.refusal import not_json, problem

FORMAT: Final = 1
RUNS_MIN = 3
"""Fewer have no spread to speak of."""

Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    requests: Count
    """Due, those of every lane it is about."""
    failed: Count
    """Failed and unknown ones that are charged to the upgrade."""
    outage_s: Amount
    """Seconds of its outages together."""
    stall_s: Amount | None
    """Longest time without a success although requests were due, of a probe lane."""
    p50_ms: Amount | None
    """Latency from the intended time; of several lanes, the mean of the probe lanes' medians."""
    p99_ms: Amount | None


class CellFigures(_Part):
    """One probe lane in one phase."""

    phase: str
    lane: str


class RunFigures(_Part):
    """One run as a whole."""

    roll_s: Amount | None
    """Time of the roll, checks of the harness left out; None where nothing was rolled."""
    cells: tuple[CellFigures, ...]


class EarlierRun(BaseModel):
    """One of the earlier runs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    """Its folder: `drained/20261122T143314.831112Z`."""
    started: datetime
    availability: Verdict
    figures: RunFigures


class History(BaseModel):
    """Earlier runs under the same settings."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1]
    kind: Literal["keystone-upgrade-baseline"] = "keystone-upgrade-baseline"
    harness: str
    """Version that wrote the file."""
    settings: dict[str, str]
    """What was run, dotted key -> value as JSON; runs are comparable where it is the same."""
    runs: Annotated[tuple[EarlierRun, ...], Field(min_length=RUNS_MIN)]


def write_history(history: History, path: Path) -> None:
    """Write the file for its owner, whole or not at all; the same runs give the same bytes.

    Raises:
        UsageError: the folder cannot be written.
        HarnessError: the disk is full or broken.
    """
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    try:
        replace_file(path, orjson.dumps(history.model_dump(mode="json"), option=options))
    except OSError as error:
        need_room(error, path)
        raise UsageError(
            f"{path}: the baseline cannot be written ({error.strerror}); choose another place with -o."
        ) from error


def read_history(path: Path, *, links: bool = True) -> History:
    """Read a baseline file; `links` says whether it may be a link, as one that somebody names may.

    Raises:
        UsageError: it cannot be read, or is no baseline of this format.
    """
    try:
        document = orjson.loads(read_document(path, links=links))
    except OSError as error:
        raise UsageError(f"{path}: the baseline cannot be read ({error.strerror}).") from error
    except orjson.JSONDecodeError as error:
        raise UsageError(
            f"{path}: no JSON ({not_json(error)}); write it anew with `harness baseline`."
        ) from error
    try:
        return History.model_validate(document)
    except ValidationError as error:
        raise UsageError(
            f"{path}: {problem(error, whole='the document')}; this is no baseline of format {FORMAT}, write "
            "it anew with `harness baseline`."
        ) from error
