"""Puts the chunks of all request files together to one table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.evidence.records import Lane
from harness.evidence.request_chunk import Chunk, Coded, recode
from harness.evidence.request_line import NUMBERS
from harness.evidence.requests.table import COLUMNS, OUTCOMES, Records, RequestFile, Requests

_WORDS_MAX = 2**15 - 1
"""Distinct nodes, releases or error classes that a table holds: codes are 16 bits wide."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the records of one file tell of it; the terms are those of `RequestFile`."""

    records: int
    seq_missing: int
    seq_repeated: int
    strangers: tuple[tuple[str, int], ...]


class Gathering:
    """Chunks gathered so far, with codes that hold for the whole run."""

    def __init__(self) -> None:
        self._parts: dict[str, list[NDArray[Any]]] = {name: [] for name in (*COLUMNS, "lane")}
        self._lanes: dict[str, tuple[Lane, Path]] = {}
        self._words: dict[str, dict[str, int]] = {
            "outcome": {str(outcome): code for code, outcome in enumerate(OUTCOMES)},
            "error": {},
            "node": {},
            "release": {},
        }
        self._sources: list[tuple[int, Path]] = []
        self._position = 0
        self._file_lanes: dict[str, int] = {}
        self._seq: list[NDArray[np.int64]] = []
        self._strangers: dict[str, int] = {}

    def begin_file(self, path: Path, size: int, lanes: tuple[Lane, ...]) -> None:
        """What `add` gets next is of this file.

        Raises:
            UsageError: one of its lanes stands in an earlier file.
        """
        self._sources.append((self._position, path))
        self._file_base, self._position = self._position, self._position + size
        self._file_lanes, self._seq, self._strangers = {}, [], {}
        for lane in lanes:
            if lane.lane in self._lanes:
                other = self._lanes[lane.lane][1]
                raise UsageError(
                    f"{path}, line 1: the lane {lane.lane!r} stands in {other.name} as well; "
                    "a lane belongs to one file, so remove the copy."
                )
            self._file_lanes[lane.lane] = len(self._lanes)
            self._lanes[lane.lane] = (lane, path)

    def add(self, chunk: Chunk) -> None:
        """Take a chunk of the file that was begun last.

        Raises:
            UsageError: a column has more different values than its codes can hold.
        """
        lane = self._lane_codes(chunk.coded["lane"])
        self._seq.append(chunk.numbers["seq"])
        known: NDArray[np.bool_] | slice = slice(None) if (lane >= 0).all() else lane >= 0
        self._parts["lane"].append(lane[known].astype(np.int16))
        for key in NUMBERS[1:]:
            self._parts[key].append(chunk.numbers[key][known])
        self._parts["key"].append(chunk.key[known])
        self._parts["status"].append(chunk.status[known])
        for key, index in self._words.items():
            codes = recode(chunk.coded[key], index)[known]
            if len(index) > _WORDS_MAX:
                raise UsageError(
                    f"{self._sources[-1][1]}: {key!r} has over {_WORDS_MAX} different values; "
                    "this is not a request file of format 1."
                )
            self._parts[key].append(codes.astype(COLUMNS[key]))
        line_at = chunk.line_at[known]
        line_at[line_at >= 0] += self._file_base
        self._parts["line_at"].append(line_at)

    def _lane_codes(self, coded: Coded) -> NDArray[np.int32]:
        table = np.array([self._file_lanes.get(word, -1) for word in coded.words], np.int32)
        for code, word in enumerate(coded.words):
            if table[code] < 0:
                count = int((coded.codes == code).sum())
                self._strangers[word] = self._strangers.get(word, 0) + count
        return table[coded.codes] if len(table) else np.empty(0, np.int32)

    def end_file(self) -> FileFacts:
        """What came of the file that was begun last."""
        seq = np.concatenate(self._seq) if self._seq else np.empty(0, np.int64)
        self._seq = []
        missing = repeated = 0
        if seq.size and not (seq[0] == 0 and bool((np.diff(seq) == 1).all())):
            distinct = np.unique(seq)
            missing = int(distinct[-1]) + 1 - len(distinct)
            repeated = len(seq) - len(distinct)
        return FileFacts(len(seq), missing, repeated, tuple(sorted(self._strangers.items())))

    def finish(self, files: tuple[RequestFile, ...]) -> Requests:
        """Order everything by lane name and intended time, a column at a time to spare memory."""
        names = sorted(self._lanes)
        lane = self._whole("lane", np.int16)
        intended = self._whole("intended_ns", np.int64)
        orders = [_order(lane, intended, list(self._lanes).index(name)) for name in names]
        bounds = np.cumsum([0, *(len(order) for order in orders)])
        order = np.concatenate(orders) if orders else np.empty(0, np.int64)
        del lane, orders
        columns = {"intended_ns": intended[order]}
        del intended
        for name, kind in list(COLUMNS.items())[1:]:
            columns[name] = self._whole(name, kind)[order]
        return Requests(
            files=files,
            lanes=tuple(self._lanes[name][0] for name in names),
            records=Records(**columns),
            bounds=tuple(int(bound) for bound in bounds),
            errors=tuple(self._words["error"]),
            nodes=tuple(self._words["node"]),
            releases=tuple(self._words["release"]),
            sources=tuple(self._sources),
        )

    def _whole(self, name: str, kind: type[np.generic]) -> NDArray[Any]:
        parts = self._parts.pop(name)
        return np.concatenate(parts) if parts else np.empty(0, kind)


def _order(lane: NDArray[np.int16], intended: NDArray[np.int64], code: int) -> NDArray[np.int64]:
    rows = np.flatnonzero(lane == code)
    times = intended[rows]
    if bool((np.diff(times) >= 0).all()):
        return rows
    return rows[np.argsort(times, kind="stable")]
