"""One request each: what was due, what was sent, how it ended."""

from __future__ import annotations

import io
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import orjson
from pydantic import Field

from harness.evidence.clock import Clock
from harness.evidence.jsonl import PRIVATE_FILE_MODE
from harness.evidence.names import Connection, Error, Operation, Outcome, Role
from harness.evidence.rows import Natural, Number

DETAIL_CHARS_MAX = 200
"""A record's `detail` is cut here: enough for Keystone's error sentence, too short for a page of HTML."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One operation over one kind of connection, driven for one reason."""

    lane: str
    """Unique in the run, e.g. `token_issue/new`, `load/user_create/reused`."""
    op: Operation
    connection: Connection
    rate_hz: Annotated[float, Field(strict=True, gt=0, le=100_000)] | None
    """Arrivals a second of an open-model lane; None where a closed model paces itself."""
    deadline_s: Annotated[float, Field(strict=True, gt=0, le=86_400)]
    """Total time a request may take from its start."""
    role: Role = Role.PROBE


@dataclass(frozen=True, slots=True)
class Record:
    """One request; all times are CLOCK_MONOTONIC nanoseconds."""

    seq: int
    """Counts from 0 in its file."""
    lane: str
    op: str
    connection: str
    intended_ns: int
    """When it was due. A closed-model lane has no schedule: equal to `start_ns`."""
    start_ns: int
    end_ns: int
    status: int
    """HTTP status, 0 where no answer came."""
    outcome: str
    error: str | None
    detail: str | None
    node: str | None
    """Node that answered, from its response header; None where no node did."""
    release: str | None
    request_id: str | None
    """The global request id that was sent (`req-<uuid>`), found again in the node's log."""


@dataclass(frozen=True, slots=True)
class Footer:
    """The last line of a request file: proof that its writer ended in order."""

    records: Natural
    """Record lines in the file, unsent ones included."""
    unsent: Natural
    lag_p99_ms: Number | None
    """Start behind intended time, open-model lanes only; None where nothing was sent on a schedule."""
    lag_max_ms: Number | None
    faults: tuple[str, ...] = ()
    """What went wrong inside the generator, in words; anything here makes `coverage` speak."""


class RecordWriter:
    """Writes one request file: header at once, records through a buffer, the footer on `close`.

    The buffer is written out by `flush`, which the owner calls every 200 ms, and whenever it holds
    `BUFFER_RECORDS_MAX` records; a kill loses at most that much, and the missing footer tells.
    """

    BUFFER_RECORDS_MAX = 4096

    def __init__(self, path: Path, lanes: tuple[Lane, ...], clock: Clock) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = io.FileIO(path, "x", opener=_private)
        self._buffer: list[bytes] = []
        self._lock = threading.Lock()
        self._records = 0
        self._unsent = 0
        header = {
            "file": path.name,
            "clock": asdict(clock),
            "lanes": [asdict(lane) for lane in lanes],
        }
        self._file.write(orjson.dumps({"header": header}, option=orjson.OPT_APPEND_NEWLINE))

    @property
    def records(self) -> int:
        """Records written so far; also the next record's `seq`."""
        return self._records

    def write(self, record: Record) -> None:
        """Take one record; it is on its way to the file at the next flush."""
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        with self._lock:
            self._buffer.append(line)
            self._records += 1
            self._unsent += record.outcome == Outcome.UNSENT
            full = len(self._buffer) >= self.BUFFER_RECORDS_MAX
        if full:
            self.flush()

    def flush(self) -> None:
        """Write the buffer out.

        Raises:
            OSError: the disk is full or the file is gone.
        """
        with self._lock:
            data, self._buffer = b"".join(self._buffer), []
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]

    def close(self, lag_p99_ms: float | None, lag_max_ms: float | None, faults: tuple[str, ...] = ()) -> None:
        """Write the rest and the footer, and close the file."""
        self.flush()
        footer = {
            "records": self._records,
            "unsent": self._unsent,
            "lag_p99_ms": lag_p99_ms,
            "lag_max_ms": lag_max_ms,
            "faults": list(faults),
        }
        self._file.write(orjson.dumps({"footer": footer}, option=orjson.OPT_APPEND_NEWLINE))
        self._file.close()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE_MODE)


def unsent(seq: int, lane: Lane, intended_ns: int, error: Error, detail: str | None = None) -> Record:
    """Record of a request that was due and never left the generator: its times are all the intended one."""
    return Record(
        seq=seq,
        lane=lane.lane,
        op=lane.op,
        connection=lane.connection,
        intended_ns=intended_ns,
        start_ns=intended_ns,
        end_ns=intended_ns,
        status=0,
        outcome=Outcome.UNSENT,
        error=error,
        detail=detail and detail[:DETAIL_CHARS_MAX],
        node=None,
        release=None,
        request_id=None,
    )
