"""Requests that were answered well, but after their deadline: too late to count as successes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import Error
from harness.evidence.requests import Records, Requests
from harness.judge.codes import FAILED, OK, bad

SPARE_S = 0.5
"""Over the deadline. The generator enforces it with a timer that a busy machine fires late; an answer that
came in the meantime is recorded as ok, and half a second is more than any lag at which a run is judged."""


def fail_overdue(requests: Requests) -> Requests:
    """The requests, with each `ok` over its lane's deadline (and the spare) failed with class `timeout`.

    Whatever wrote the record, a user whose client gives up at the deadline saw no success.
    """
    records = requests.records
    late = np.zeros(len(records), bool)
    for number, lane in enumerate(requests.lanes):
        rows = slice(requests.bounds[number], requests.bounds[number + 1])
        took_ns = records.end_ns[rows] - records.start_ns[rows]
        late[rows] = (records.outcome[rows] == OK) & (took_ns > (lane.deadline_s + SPARE_S) * 1e9)
    if not late.any():
        return requests
    errors = requests.errors if Error.TIMEOUT in requests.errors else (*requests.errors, str(Error.TIMEOUT))
    outcome = np.where(late, FAILED, records.outcome).astype(records.outcome.dtype)
    error = np.where(late, errors.index(Error.TIMEOUT), records.error).astype(records.error.dtype)
    return replace(requests, records=replace(records, outcome=outcome, error=error), errors=errors)


def overdue(records: Records) -> NDArray[np.bool_]:
    """Which requests `fail_overdue` failed: only what was recorded as ok has no line to read again."""
    return np.asarray(bad(records) & (records.line_at < 0))
