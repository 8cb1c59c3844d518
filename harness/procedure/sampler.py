"""Looks once a second and at each step's edges at the balancer's counters and at what the requests did."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from harness.evidence.balancer import Sample
from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLinesWriter, follow_jsonl
from harness.evidence.names import Edge, Outcome
from harness.procedure.stage import Stage
from harness.procedure.watchers import Progress

INTERVAL_S = 1.0
"""Slow beside the balancer's 1 ms answer, quick beside the shortest step that matters."""

Counters = Mapping[str, Mapping[str, int | str]]


@dataclass(frozen=True, slots=True)
class _Mark:
    """Why a sample is taken."""

    phase: str | None
    step: str | None
    edge: Edge | None
    """Of the step; None for the samples of every second."""


class Sampler:
    """A thread of its own; a sample that cannot be taken is noted once and the run goes on."""

    def __init__(
        self,
        counters: Callable[[], Counters] | None,
        samples: Path,
        requests: Path,
        stage: Stage,
        tick: Callable[[Progress], None],
    ) -> None:
        """`counters` is None where the balancer can not be asked; the requests are looked at all the same."""
        self._counters = counters
        self._writer = JsonLinesWriter(samples)
        self._requests = requests
        self._stage = stage
        self._tick = tick
        self._offsets: dict[Path, int] = {}
        self._total = 0
        self._failed = 0
        self._noted = False
        self._marks: queue.SimpleQueue[_Mark | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self._stage.on_edge.append(self._mark)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stage.on_edge.remove(self._mark)
        self._marks.put(None)
        self._thread.join(timeout=10 * INTERVAL_S)
        self._writer.close()

    def _mark(self, phase: str, step: str | None, edge: Edge) -> None:
        """Have the thread look now: a balancer that is slow to answer must not hold up the step."""
        if step is not None:
            self._marks.put(_Mark(phase, step, edge))

    def _run(self) -> None:
        last_s, last_total = time.monotonic(), 0
        while True:
            try:
                mark = self._marks.get(timeout=max(0.0, last_s + INTERVAL_S - time.monotonic()))
            except queue.Empty:
                now = _Mark(self._stage.phase_now, self._stage.step_now, None)
                self._guarded(partial(self._sample_balancer, now))
                self._guarded(self._read_requests)
                now_s = time.monotonic()
                rate_hz = (self._total - last_total) / (now_s - last_s)
                last_s, last_total = now_s, self._total
                progress = Progress(self._total, self._failed, rate_hz)
                self._guarded(partial(self._tick, progress))
            else:
                if mark is None:
                    return
                self._guarded(partial(self._sample_balancer, mark))

    def _guarded(self, look: Callable[[], None]) -> None:
        """A look that breaks is noted once; the others, and the run, go on."""
        try:
            look()
        except Exception as error:  # noqa: BLE001 - a thread that dies in silence takes its evidence with it
            if not self._noted:
                self._noted = True
                self._stage.note(f"a sample could not be taken: {type(error).__name__}: {error}")

    def _sample_balancer(self, mark: _Mark) -> None:
        if self._counters is None:
            return
        counters = self._counters()
        self._writer.append(Sample(now_ns(), mark.phase, mark.step, counters, mark.edge).row())

    def _read_requests(self) -> None:
        for path in sorted(self._requests.glob("*.jsonl")):
            rows, self._offsets[path] = follow_jsonl(path, self._offsets.get(path, 0))
            for row in rows:
                outcome = row.get("outcome")
                self._total += outcome is not None
                self._failed += outcome in (Outcome.FAILED, Outcome.UNKNOWN)
