"""Failures that no slowness explains: cut or refused while a node was down for its change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import Error, Step
from harness.evidence.requests import Records
from harness.judge.evidence import Evidence
from harness.judge.intervals import Intervals, disjoint

_CUT = (Error.CLOSED, Error.RESET, Error.REFUSED, Error.TRUNCATED)
_PASSED_ON = (502, 503)
"""What HAProxy answers where it lost a server or has none; a 504 is its word for slowness."""
_CHANGING = frozenset({Step.STOP, Step.SWITCH, Step.START, Step.PROVE})


@dataclass(frozen=True, slots=True)
class Cuts:
    """Tells a connection that was cut by a stopping node from one that a busy machine let wait too long."""

    down: Intervals
    """When a node was down for its change: from the signal to its end until it was proven."""
    classes: tuple[int, ...]
    """Codes of the error classes of a connection that was cut or refused."""
    http_5xx: int
    """Code of the error class of a 5xx."""

    def are_among(self, requests: Records) -> NDArray[np.bool_]:
        """Which of the requests failed so: by a cut, or by a 502 or 503 that no node made."""
        by_balancer = (requests.error == self.http_5xx) & (requests.node < 0)
        cut = np.isin(requests.error, self.classes) | (by_balancer & np.isin(requests.status, _PASSED_ON))
        return np.asarray(cut & self.down.contain(requests.end_ns))


def cuts(evidence: Evidence) -> Cuts:
    """What tells them apart in a run."""
    steps = [step for step in evidence.timeline.steps if step.node is not None and step.step in _CHANGING]
    starts = np.array([step.start_ns for step in steps], np.int64)
    return Cuts(
        down=disjoint(starts, np.array([step.end_ns for step in steps], np.int64)),
        classes=tuple(evidence.error_code(error) for error in _CUT),
        http_5xx=evidence.error_code(Error.HTTP_5XX),
    )
