"""Passes what the run announces on to the terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from harness.evidence.names import Edge
from harness.procedure.watchers import Progress
from harness.run.terminal_view import LiveView


class TerminalWatcher:
    """A `Watcher` that a terminal shows; the sampler's thread and the driver's take turns."""

    def __init__(self, live: LiveView) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._began_s = time.monotonic()

    @contextmanager
    def _showing(self) -> Iterator[None]:
        """Take turns; a view that breaks is taken away, so that its own thread draws no more either."""
        with self._lock:
            try:
                yield
            except Exception:
                with suppress(Exception):
                    self._live.__exit__(None, None, None)
                raise

    def run_began(self) -> None:
        """Open the view."""
        with self._showing():
            self._live.__enter__()

    def run_ended(self) -> None:
        """Take the view away."""
        with self._lock:
            self._live.__exit__(None, None, None)

    def phase_began(self, phase: str) -> None:
        """Show that a phase began."""
        with self._showing():
            self._live.phase_began(phase)

    def phase_skipped(self, phase: str, reason: str) -> None:
        """Show that a phase is left out."""
        with self._showing():
            self._live.note(f"phase {phase} skipped: {reason}")

    def step_began(self, phase: str, step: str, node: str | None) -> None:  # noqa: ARG002 - the phase is shown already
        """Show that a step began."""
        with self._showing():
            self._live.step(step, node, Edge.BEGIN)

    def step_ended(
        self,
        phase: str,  # noqa: ARG002 - the phase is shown already
        step: str,
        node: str | None,
        edge: str,
        words: str,
    ) -> None:
        """Show that a step was skipped or failed; that it ended well shows in what follows."""
        if edge == Edge.END:
            return
        with self._showing():
            self._live.step(step, node, edge, words)

    def note(self, words: str) -> None:
        """Show anything else."""
        with self._showing():
            self._live.note(words)

    def tick(self, progress: Progress) -> None:
        """Show how the requests go."""
        with self._showing():
            elapsed_s = time.monotonic() - self._began_s
            self._live.tick(elapsed_s, progress.rate_hz, progress.requests, progress.failed)
