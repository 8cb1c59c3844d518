"""Those who are told what goes on and change nothing: each is guarded by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class Progress:
    """Requests since the load began."""

    requests: int
    failed: int
    """Failed and unknown ones."""
    rate_hz: float
    """Over the last interval."""


class Watcher(Protocol):
    """Somebody who is told what goes on; never asked anything."""

    def run_began(self) -> None:
        """Take note that a run begins; everything else is told between this and `run_ended`."""

    def run_ended(self) -> None:
        """Take note that nothing more will be told."""

    def phase_began(self, phase: str) -> None:
        """Take note that a phase began."""

    def phase_skipped(self, phase: str, reason: str) -> None:
        """Take note that a phase is left out."""

    def step_began(self, phase: str, step: str, node: str | None) -> None:
        """Take note that a step began."""

    def step_ended(self, phase: str, step: str, node: str | None, edge: str, words: str) -> None:
        """Take note that a step ended, was skipped or failed."""

    def note(self, words: str) -> None:
        """Take note of anything else."""

    def tick(self, progress: Progress) -> None:
        """Take note of how the requests go; told from a thread of its own."""


class Watchers:
    """Everybody who watches; one that breaks (a closed pipe) is told no more, and stops nothing.

    Entered before a run has a journal: who breaks before is remembered for `report_gone_to`.
    """

    def __init__(self, watchers: Iterable[Watcher] = ()) -> None:
        self._watching = list(watchers)
        self._lock = threading.Lock()
        self._unreported: list[str] = []
        self._report = self._unreported.append

    def __enter__(self) -> Self:
        self.tell(lambda watcher: watcher.run_began())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Tell them that the run has ended; called again, nobody is left to be told."""
        self.tell(lambda watcher: watcher.run_ended())
        with self._lock:
            self._watching.clear()

    def report_gone_to(self, report: Callable[[str], None]) -> None:
        """Call `report` with a sentence for each that breaks, those that broke already included."""
        self._report = report
        while self._unreported:
            report(self._unreported.pop(0))

    def tell(self, what: Callable[[Watcher], None]) -> None:
        """Tell each of them.

        Raises:
            OSError: one broke, and that could not be reported.
        """
        for watcher in tuple(self._watching):
            try:
                what(watcher)
            except Exception as error:  # noqa: BLE001 - whatever a view breaks with, the run goes on
                if self._dismissed(watcher):
                    self._report(_gone(error))

    def note(self, words: str) -> None:
        """Tell them anything that is no phase or step."""
        self.tell(lambda watcher: watcher.note(words))

    def tick(self, progress: Progress) -> None:
        """Tell them how the requests go."""
        self.tell(lambda watcher: watcher.tick(progress))

    def _dismissed(self, watcher: Watcher) -> bool:
        """Whether it was still told until now: two threads may find it broken at once."""
        with self._lock:
            if watcher not in self._watching:
                return False
            self._watching.remove(watcher)
            return True


@contextmanager
def guarded(
    make: Callable[[], AbstractContextManager[None]], report: Callable[[str], None]
) -> Iterator[None]:
    """Something that watches beside the block; where it can not be entered or left, `report` is told so."""
    stack = ExitStack()
    try:
        stack.enter_context(make())
    except Exception as error:  # noqa: BLE001 - whatever a view breaks with, the run goes on
        _tell(report, error)
    try:
        yield
    finally:
        try:
            stack.close()
        except Exception as error:  # noqa: BLE001 - likewise
            _tell(report, error)


def _tell(report: Callable[[str], None], error: Exception) -> None:
    """Without a word where a full disk takes none: that must not hide what the block broke with."""
    with suppress(OSError):
        report(_gone(error))


def _gone(error: Exception) -> str:
    return f"whoever watched the run is gone: {type(error).__name__}"
