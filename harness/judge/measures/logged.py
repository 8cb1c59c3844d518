"""The requests held against the balancer's own log, by their ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.balancer_log import LogLines
from harness.evidence.names import Connection, Error
from harness.evidence.request_key import NO_KEY
from harness.judge.codes import count, sent
from harness.judge.evidence import Evidence
from harness.judge.observations import LoggedRequests

_CUTS = (Error.CLOSED, Error.RESET, Error.TRUNCATED)
"""How a request ends that reached the balancer and was cut."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What the log says of the run's own requests, and of everybody else's."""

    judged: bool
    """The log is there and under the seal."""
    lines: LogLines
    own: NDArray[np.bool_]
    """Which lines are of requests that the run recorded."""
    earliest_ns: NDArray[np.int64]
    """When the request of each line was sent, on the run's clock: not before this, and not after the next."""
    latest_ns: NDArray[np.int64]
    cut_ns: NDArray[np.int64]
    """When each of the run's own was sent that was cut and that the log does not know, in order."""
    told: LoggedRequests


def logged(evidence: Evidence) -> Logged:
    """Join the records with the lines; nothing is said where the log is no evidence."""
    log = evidence.balancer_log
    own = _Own(evidence)
    which = own.of(log.lines)
    earliest, latest = _sent_ns(log.lines, own.start_ns, which)
    absent = np.bincount(which[which >= 0], minlength=len(own)) == 0
    silent = absent & (own.status == 0)
    return Logged(
        log.exists and log.sealed, log.lines, which >= 0, earliest, latest,
        np.sort(own.start_ns[silent]), _told(own, log.lines, which, absent),
    )  # fmt: skip


class _Own:
    """Requests of the run that were sent to the balancer with an id, ordered by key, as columns."""

    def __init__(self, evidence: Evidence) -> None:
        requests = evidence.requests
        records, bounds = requests.records, requests.bounds
        asked, on_kept = np.zeros(len(records), np.bool_), np.zeros(len(records), np.bool_)
        for number in evidence.lanes() if evidence.balancer_log.sealed else ():
            asked[bounds[number] : bounds[number + 1]] = True
            on_kept[bounds[number] : bounds[number + 1]] = (
                requests.lanes[number].connection == Connection.REUSED
            )
        rows = np.flatnonzero(asked & sent(records) & (records.key != NO_KEY))
        rows = rows[np.argsort(records.key[rows], kind="stable")]
        # A column at a time, and no more of them than are asked for, to spare memory.
        self.key, self.start_ns, self.status = records.key[rows], records.start_ns[rows], records.status[rows]
        self.on_kept: NDArray[np.bool_] = on_kept[rows]
        self.cut = np.isin(records.error[rows], [evidence.error_code(error) for error in _CUTS])

    def __len__(self) -> int:
        return len(self.key)

    def of(self, lines: LogLines) -> NDArray[np.int64]:
        """The record of each line; -1 where it is somebody else's."""
        if not len(self):
            return np.full(len(lines), -1, np.int64)
        places = np.minimum(np.searchsorted(self.key, lines.key), len(self) - 1)
        return np.where(self.key[places] == lines.key, places, -1)


def _sent_ns(
    lines: LogLines, start_ns: NDArray[np.int64], which: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When the request of each line was sent, by the nearest own lines before and behind it.

    The log has the wall clock of its host in the time zone of its host; both may be set meanwhile. The run's
    own requests stand between the others and tell what their lines' times were on the run's clock.
    """
    own = np.flatnonzero(which >= 0)
    if not own.size:
        return np.zeros(len(lines), np.int64), np.zeros(len(lines), np.int64)
    wall_ns = lines.wall_ms * 1_000_000
    offsets = start_ns[which[own]] - wall_ns[own]
    behind = np.searchsorted(own, np.arange(len(lines)))
    near = np.clip(np.stack([behind - 1, behind]), 0, len(own) - 1)
    guesses = wall_ns + offsets[near]
    exact = start_ns[np.maximum(which, 0)]
    low, high = (np.where(which >= 0, exact, side) for side in (guesses.min(axis=0), guesses.max(axis=0)))
    return low, high


def _told(own: _Own, lines: LogLines, which: NDArray[np.int64], absent: NDArray[np.bool_]) -> LoggedRequests:
    matched = which >= 0
    answered = own.status > 0
    status = np.zeros(len(own), np.int64)
    status[which[matched]] = lines.status[matched]
    otherwise = answered & ~absent & (status != own.status)
    first = int(np.flatnonzero(otherwise)[0]) if otherwise.any() else None
    cut = absent & ~answered & own.cut
    return LoggedRequests(
        requests=len(own),
        agreed=count(answered & ~absent & ~otherwise),
        unanswered=count(~answered & ~absent),
        cut=count(cut & own.on_kept),
        unreached=count(absent & ~answered & ~own.cut),
        otherwise=count(otherwise),
        example=None if first is None else (int(own.status[first]), int(status[first])),
        unlogged=count(absent & answered),
        cut_at_once=count(cut & ~own.on_kept),
        repeated=count(np.bincount(which[matched], minlength=len(own)) > 1),
    )
