"""What became of one request to Keystone: its answer, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """Keystone's answer, or why none came; times are CLOCK_MONOTONIC nanoseconds."""

    sent_ns: int
    ended_ns: int
    """When it had been read whole, or given up."""
    status: int
    """0 where no whole answer came."""
    node: str | None = None
    """Who answered, as the answer's own headers tell; None where they do not."""
    release: str | None = None
    worker: str | None = None
    request_id: str | None = None
    """Keystone's own."""
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Empty where it was no JSON object. May hold secrets, so it is never shown."""
    said: str = field(default="", repr=False)
    """What an answer of 4xx or 5xx says of itself, cut; not redacted, so that it is not shown as it is."""
    token: str | None = field(default=None, repr=False)
    """The one that was issued."""
    error: str | None = None
    """Class of what stood in the way, such as `ConnectionRefusedError`; None where an answer came."""
    detail: str = ""
    """The system's words for it."""

    @property
    def is_late(self) -> bool:
        """Whether it was given up at its deadline."""
        return self.error == TimeoutError.__name__

    @property
    def words(self) -> str:
        """`answered 401`, or why there was no answer."""
        if self.error is None:
            return f"answered {self.status}"
        return f"did not answer ({self.detail if self.is_late else self.error})"

    def at(self, *keys: str) -> Any:
        """What stands there in the body; None where nothing does."""
        value: Any = self.body
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value
