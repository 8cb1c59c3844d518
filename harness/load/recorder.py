"""Where finished requests go: the evidence file, the ledger of writes, and Locust's own statistics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from harness.evidence.clock import Clock
from harness.evidence.ledger import Change, WriteLog
from harness.evidence.names import Error
from harness.evidence.records import Lane, Record, RecordWriter, unsent
from harness.load.lag import LagHistogram
from harness.load.result import Result

FAULTS_MAX = 20
"""Different faults kept in words; a storm of them must not fill the memory, and twenty say enough."""
_FAULT_CHARS_MAX = 300


class RequestFailedError(Exception):
    """What Locust's statistics are told of a failed request: its class of error."""


class FireRequest(Protocol):
    """`environment.events.request.fire`."""

    def __call__(
        self,
        *,
        request_type: str,
        name: str,
        response_time: float,
        response_length: int,
        exception: Exception | None,
        context: dict[str, object],
    ) -> None:
        """Tell Locust of a finished request; `response_time` in milliseconds."""


class Recorder(Protocol):
    """Takes what became of each request."""

    def finished(self, lane: Lane, intended_ns: int, result: Result[object]) -> None:
        """A request was sent and ended."""

    def unsent(self, lane: Lane, intended_ns: int, error: Error, detail: str | None = None) -> None:
        """A request was due and never left the generator."""

    def fault(self, sentence: str) -> None:
        """Something went wrong inside the generator."""

    def invoked(self, lane: Lane, change: Change, request_id: str) -> int:
        """A write is about to be sent; returns the number to complete it by.

        Raises:
            OSError: it could not be noted; then nothing may be sent.
        """

    def completed(self, write: int, result: Result[object], made_id: str | None) -> None:
        """That write ended."""


def fire_result(fire: FireRequest, lane: Lane, intended_ns: int, result: Result[object]) -> None:
    """Tell Locust of a request, timed from when it was due."""
    fire(
        request_type=str(lane.op),
        name=lane.lane,
        response_time=(result.end_ns - intended_ns) / 1e6,
        response_length=0,
        exception=None if result.ok else RequestFailedError(str(result.error)),
        context={},
    )


class LocustOnly:
    """No evidence file: for `locust -f`, whose own statistics are all there is."""

    def __init__(self, fire: FireRequest, warn: Callable[[str], None]) -> None:
        self._fire = fire
        self._warn = warn

    def finished(self, lane: Lane, intended_ns: int, result: Result[object]) -> None:
        """Into Locust's statistics."""
        fire_result(self._fire, lane, intended_ns, result)

    def unsent(self, lane: Lane, intended_ns: int, error: Error, detail: str | None = None) -> None:
        """Locust counts requests that were sent; this one was not."""
        self._warn(f"{lane.lane}: not sent, {error}{f' ({detail})' if detail else ''}, due {intended_ns} ns")

    def fault(self, sentence: str) -> None:
        """Into Locust's log."""
        self._warn(sentence)

    def invoked(self, lane: Lane, change: Change, request_id: str) -> int:  # noqa: ARG002 - a Recorder's
        """There is no ledger."""
        return 0

    def completed(self, write: int, result: Result[object], made_id: str | None) -> None:
        """There is no ledger."""


class EvidenceRecorder:
    """Every request into the evidence file, and Locust told besides. One thread, many greenlets."""

    def __init__(
        self,
        path: Path,
        lanes: tuple[Lane, ...],
        clock: Clock,
        fire: FireRequest,
        ledger: Path | None = None,
    ) -> None:
        """Start the evidence file.

        Raises:
            OSError: a file cannot be made, e.g. it exists already.
        """
        self._writer = RecordWriter(path, lanes, clock)
        self._ledger = WriteLog(ledger) if ledger else None
        self._fire = fire
        self._lag = LagHistogram()
        self._unsent = 0
        self._faults: dict[str, int] = {}

    @property
    def records(self) -> int:
        """Records written."""
        return self._writer.records

    @property
    def unsent_count(self) -> int:
        """Those of them that say a request was not sent."""
        return self._unsent

    @property
    def lag(self) -> LagHistogram:
        """Of the open-model lanes."""
        return self._lag

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong inside the generator, each with how often where more than once."""
        return tuple(f"{text} ({n} times)" if n > 1 else text for text, n in self._faults.items())

    def finished(self, lane: Lane, intended_ns: int, result: Result[object]) -> None:
        """Into the evidence first; then Locust, whose listeners may fail."""
        self._writer.write(
            Record(
                seq=self._writer.records,
                lane=lane.lane,
                op=lane.op,
                connection=lane.connection,
                intended_ns=intended_ns,
                start_ns=result.start_ns,
                end_ns=result.end_ns,
                status=result.status,
                outcome=result.outcome,
                error=result.error,
                detail=result.detail,
                node=result.node,
                release=result.release,
                request_id=result.request_id,
            )
        )
        if lane.rate_hz is not None:
            self._lag.add(result.start_ns - intended_ns)
        fire_result(self._fire, lane, intended_ns, result)

    def unsent(self, lane: Lane, intended_ns: int, error: Error, detail: str | None = None) -> None:
        """Into the evidence; Locust's statistics know no such thing."""
        self._writer.write(unsent(self._writer.records, lane, intended_ns, error, detail))
        self._unsent += 1

    def fault(self, sentence: str) -> None:
        """Kept for the footer; the same sentence once, counted."""
        text = sentence[:_FAULT_CHARS_MAX]
        if text in self._faults or len(self._faults) < FAULTS_MAX:
            self._faults[text] = self._faults.get(text, 0) + 1

    def invoked(self, lane: Lane, change: Change, request_id: str) -> int:
        """Into the ledger, before it is sent: whatever happens to this process, the write is on record."""
        return self._ledger.invoked(lane.lane, change, request_id) if self._ledger is not None else 0

    def completed(self, write: int, result: Result[object], made_id: str | None) -> None:
        """Into the ledger: how it ended, and who answered."""
        if self._ledger is not None:
            self._ledger.completed(
                write,
                result.outcome,
                error=result.error,
                made_id=made_id,
                node=result.node,
                release=result.release,
            )

    def flush(self) -> None:
        """Write the buffer out.

        Raises:
            OSError: the disk is full or the file is gone.
        """
        self._writer.flush()

    def close(self) -> None:
        """Write the footer and close the files.

        Raises:
            OSError: the disk is full or the file is gone.
        """
        self._writer.close(self._lag.percentile_ms(99), self._lag.max_ms, self.faults)
        if self._ledger is not None:
            self._ledger.close()
