"""Every request of a run in one table, ordered by lane and intended time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.evidence.files import open_file
from harness.evidence.names import Outcome
from harness.evidence.records import Footer, Lane
from harness.evidence.request_line import record_of

OUTCOMES = tuple(Outcome)
"""What the codes of the column `outcome` mean."""

COLUMNS: dict[str, type[np.generic]] = {
    "intended_ns": np.int64,
    "start_ns": np.int64,
    "end_ns": np.int64,
    "status": np.int16,
    "outcome": np.int8,
    "error": np.int16,
    "node": np.int16,
    "release": np.int16,
    "line_at": np.int64,
    "key": np.uint64,
}
"""Column -> its type."""


@dataclass(frozen=True, slots=True)
class RequestFile:
    """What one request file says of itself, and what is wrong with it."""

    name: str
    lanes: tuple[Lane, ...]
    """Empty where the writer was killed before its header was whole."""
    footer: Footer | None
    records: int
    """Whole record lines read, those of lanes that the header does not name included."""
    torn: int
    malformed: int
    seq_missing: int
    """Numbers between 0 and the highest `seq` that no record has."""
    seq_repeated: int
    strangers: tuple[tuple[str, int], ...]
    """Lanes that the header does not name, and how many records each has; they are in no table."""


@dataclass(frozen=True, slots=True)
class Records:
    """Requests, a column an attribute, all of the same length."""

    intended_ns: NDArray[np.int64]
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    status: NDArray[np.int16]
    outcome: NDArray[np.int8]
    """Codes into `OUTCOMES`."""
    error: NDArray[np.int16]
    """Codes into `Requests.errors`, -1 for null; `node` and `release` likewise."""
    node: NDArray[np.int16]
    release: NDArray[np.int16]
    line_at: NDArray[np.int64]
    """Where the line stands, for `Requests.texts`; -1 for requests that went well."""
    key: NDArray[np.uint64]
    """Of the request's id, by `request_key`; the same in the balancer's log."""

    def __len__(self) -> int:
        return len(self.intended_ns)

    def between(self, start: int, stop: int) -> Records:
        """Rows `start` to `stop`, without copying."""
        return Records(*(getattr(self, name)[start:stop] for name in self.__slots__))

    def at(self, rows: NDArray[Any]) -> Records:
        """A copy of some rows, by index or by mask."""
        return Records(*(getattr(self, name)[rows] for name in self.__slots__))

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """A copy of several, one after the other."""
        return cls(
            **{
                name: np.concatenate([np.empty(0, kind), *(getattr(part, name) for part in parts)])
                for name, kind in COLUMNS.items()
            }
        )


@dataclass(frozen=True, slots=True)
class RequestText:
    """The parts of a record that stand in no table."""

    detail: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Requests:
    """Every request of a run."""

    files: tuple[RequestFile, ...]
    lanes: tuple[Lane, ...]
    """By name."""
    records: Records
    """Ordered by lane, then by intended time; equal times in the order of the file."""
    bounds: tuple[int, ...]
    """Lane i has the rows `bounds[i]` to `bounds[i + 1]`."""
    errors: tuple[str, ...]
    nodes: tuple[str, ...]
    releases: tuple[str, ...]
    sources: tuple[tuple[int, Path], ...]
    """Position at which each file begins in the row of all files; `line_at` counts in it."""

    def of(self, lane: int) -> Records:
        """Requests of lane number `lane`, by intended time; views, not copies."""
        return self.records.between(self.bounds[lane], self.bounds[lane + 1])

    def texts(self, line_at: NDArray[np.int64]) -> list[RequestText]:
        """Detail and request id of requests that did not go well, by their `line_at`; nothing where it is -1.

        Raises:
            OSError: a request file is gone.
        """
        begins = [begin for begin, _ in self.sources]
        texts = [RequestText(None, None)] * len(line_at)
        which = np.searchsorted(begins, line_at, side="right") - 1
        for source in np.unique(which[line_at >= 0]):
            begin, path = self.sources[source]
            with open_file(path) as file:
                for place in np.flatnonzero(which == source):
                    file.seek(int(line_at[place]) - begin)
                    texts[place] = _text(file.readline())
        return texts


def _text(line: bytes) -> RequestText:
    record = record_of(line)
    return RequestText(None, None) if record is None else RequestText(record.detail, record.request_id)
