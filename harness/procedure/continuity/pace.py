"""Keeps the checks a guest beside the load: few requests at once, at a rate that is bounded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

RATE_HZ_MAX = 15.0
"""Two cores carry about 50 requests a second, and the load has 25 of them. More of them could take more."""
IN_FLIGHT_MAX = 3
"""A node has 2 workers, which probes and load want too."""


class Pace:
    """Gives out turns; safe to share between threads."""

    def __init__(self, rate_hz: float = RATE_HZ_MAX, in_flight_max: int = IN_FLIGHT_MAX) -> None:
        self._interval_s = 1 / rate_hz
        self._free = threading.Semaphore(in_flight_max)
        self._lock = threading.Lock()
        self._next_s = 0.0
        self._alone = threading.Lock()
        self._hurry = threading.local()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One thread at a time; within the block its requests wait for no turn, so that it is short.

        What drops a cache happens in here alone, and so does the time in which nobody else may drop it. The
        turns that its requests take all the same are waited for before the next, so that the rate is kept.
        """
        with self._alone:
            time.sleep(max(0.0, self._next_s - time.monotonic()))
            self._hurry.is_on = True
            try:
                yield
            finally:
                self._hurry.is_on = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it for the block."""
        if getattr(self._hurry, "is_on", False):
            self._take()
            yield
            return
        with self._free:
            time.sleep(max(0.0, self._take() - time.monotonic()))
            yield

    def _take(self) -> float:
        """When the next turn is due, on `time.monotonic`; from then on it is the one after it."""
        with self._lock:
            due_s = max(self._next_s, time.monotonic())
            self._next_s = due_s + self._interval_s
        return due_s
