"""What a run has to undo, last begun first; each of it is undone whatever becomes of another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress

from harness.errors import HarnessError


class CleanUp:
    """Clean-ups of one run."""

    def __init__(self, note: Callable[[str], None]) -> None:
        """`note` puts a sentence into the journal, where that can be written."""
        self._note = note
        self._stack = ExitStack()
        self._left: list[str] = []

    @property
    def left(self) -> tuple[str, ...]:
        """What could not be undone, a sentence each."""
        return tuple(self._left)

    def later(self, undo: Callable[[], object]) -> None:
        """Undo this when the run ends; announced before what is undone is begun."""
        self._stack.callback(self.surely, undo)

    def all(self) -> None:
        """Undo everything; called again, only what is left of it."""
        self._stack.close()

    def surely(self, undo: Callable[[], object]) -> None:
        """Undo one thing now. A failure is remembered, lets the others go on, and hides nothing before it."""
        try:
            undo()
        except Exception as error:  # noqa: BLE001 - whatever it breaks with, the others are undone
            self._left.append(_sentence(error))
            with suppress(OSError):  # a journal on a full disk
                self._note(self._left[-1])


class Once:
    """Something to undo that is done when it is first called, and never again."""

    def __init__(self, undo: Callable[[], object]) -> None:
        self._undo = undo
        self._is_done = False

    def __call__(self) -> None:
        """Undo it, unless that was tried already; raises what that raises."""
        if not self._is_done:
            self._is_done = True
            self._undo()


def _sentence(error: Exception) -> str:
    if isinstance(error, HarnessError | OSError):
        return str(error)
    return f"a clean-up broke: {type(error).__name__}: {error}"
