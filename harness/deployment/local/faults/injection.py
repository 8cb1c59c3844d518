"""One fault, made ready: how it is begun, how it is undone, and what it hits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from harness.errors import HarnessError
from harness.evidence.clock import now_ns

_REPEATER_S_MAX = 10.0
"""For a repeated act to come to its end: one look at a database or a socket, each with its own limit."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A fault that happens and is over; there is nothing to undo."""

    act: Callable[[], None]
    detail: Mapping[str, object] = field(default_factory=dict)

    def begin(self) -> int:
        """Do it; when it was done."""
        self.act()
        return now_ns()

    def end(self) -> int:
        """Nothing to undo."""
        return now_ns()


class Repeated:
    """An act done again and again, in a thread of its own, until it is ended."""

    def __init__(self, act: Callable[[], None], pause_s: float) -> None:
        self._act = act
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="repeated fault", daemon=True)
        self._error: HarnessError | None = None

    def start(self) -> None:
        """Begin; the first time is in the caller's thread, so that its failure is the caller's."""
        self._act()
        self._thread.start()

    def stop(self) -> None:
        """End, and return when the last time is over.

        Raises:
            HarnessError: the act failed in between.
        """
        self._stop.set()
        with suppress(RuntimeError):  # never started
            self._thread.join(_REPEATER_S_MAX)
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._pause_s):
                self._act()
        except HarnessError as error:
            self._error = error
