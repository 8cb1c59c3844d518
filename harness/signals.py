"""What the signals that ask a run to end do, and when they have to wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a service manager, and a terminal that went away."""
_LEFT_IGNORED = frozenset({signal.SIGINT, signal.SIGHUP})
"""Left as they are where they were inherited as ignored: nohup and background jobs of scripts mean it so."""


@contextmanager
def terminable() -> Iterator[None]:
    """Let each of `ENDING` raise KeyboardInterrupt, so that everything started is stopped on the way out."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handling(interrupt):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Finish stopping what was started, whoever asks again; every wait in the block has a deadline.

    A handler that does nothing, not SIG_IGN: processes started meanwhile would inherit that.
    """

    def wait(_signal: int, _frame: FrameType | None) -> None:
        return

    with _handling(wait):
        yield


@contextmanager
def _handling(handler: object) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread gets signals, and only it may say what they do
        return
    heard = [number for number in ENDING if not _is_left_ignored(number)]
    before = {number: signal.signal(number, handler) for number in heard}  # type: ignore[arg-type]
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _is_left_ignored(number: signal.Signals) -> bool:
    return number in _LEFT_IGNORED and signal.getsignal(number) is signal.SIG_IGN
