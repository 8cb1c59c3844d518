"""Waiting with a label and a deadline, so that every wait can say what it waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.errors import WaitTimeoutError


def wait_until(
    label: str, deadline_s: float, look: Callable[[], str | None], *, poll_s: float = 0.05
) -> float:
    """Call `look` until it returns None and return the seconds that took.

    `look` returns what it saw in the way, as words. It is called at least once, and once after the deadline.

    Raises:
        WaitTimeoutError: `deadline_s` passed; names the label and what `look` said last.
    """
    started_s = time.monotonic()
    while True:
        late = time.monotonic() - started_s >= deadline_s
        seen = look()
        waited_s = time.monotonic() - started_s
        if seen is None:
            return waited_s
        if late:
            raise WaitTimeoutError(label, waited_s, seen)
        time.sleep(min(poll_s, max(0.0, deadline_s - waited_s)))
