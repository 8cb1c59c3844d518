"""The marks of the picture: what each class of failure and each state of a node looks like."""

from __future__ import annotations

from dataclasses import dataclass

from harness.evidence.names import Error


@dataclass(frozen=True, slots=True)
class Mark:
    """How failures of one class are drawn."""

    shape: str
    """A matplotlib marker; no two classes share one."""
    words: str
    size: float = 7.5
    """Points; a star needs more than a disc to be seen as one."""


MARKS: dict[str, Mark] = {
    Error.REFUSED: Mark("X", "connection refused"),
    Error.RESET: Mark("v", "connection reset"),
    Error.CLOSED: Mark("s", "closed unanswered"),
    Error.TRUNCATED: Mark("D", "answer cut short"),
    Error.TIMEOUT: Mark("^", "over its deadline"),
    Error.HTTP_5XX: Mark("o", "HTTP 5xx"),
    Error.HTTP_4XX: Mark("P", "HTTP 4xx, success due"),
    Error.UNEXPECTED_STATUS: Mark("p", "unexpected status"),
    Error.BAD_BODY: Mark("*", "wrong body", 11.0),
    Error.NO_TOKEN: Mark("h", "not tried: no token"),
    Error.POOL_FULL: Mark("<", "unsent: pool full"),
    Error.LATE_STOP: Mark(">", "unsent: stopped late"),
    Error.OTHER: Mark("d", "other", 8.5),
}


def mark_of(error: object) -> Mark:
    """The mark of an error class; one that this version does not know is drawn and named as `other`."""
    return MARKS.get(str(error), MARKS[Error.OTHER])


@dataclass(frozen=True, slots=True)
class StateLook:
    """How a stretch of a node's life is drawn."""

    fill: str
    """Name in the palette."""
    text: str
    """Name in the palette of what is readable on it."""
    hatch: str | None
    words: str


STATES: dict[str, StateLook] = {
    "draining": StateLook("draining", "on-old", "////", "draining"),
    "out": StateLook("out", "ink", "---", "out of the balancer"),
    "stopped": StateLook("stopped", "on-stopped", None, "stopped"),
    "starting": StateLook("starting", "on-old", "\\\\\\\\", "starting, not proven"),
}
"""States other than `serving`, whose look tells the release."""

SERVING_OLD = StateLook("old", "on-old", None, "serving")
SERVING_NEW = StateLook("new", "on-new", None, "serving")
