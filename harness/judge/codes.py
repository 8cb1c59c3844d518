"""Numbers that stand for the outcomes of requests in the columns of evidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import Outcome
from harness.evidence.requests import OUTCOMES, Records

OK, FAILED, UNKNOWN, UNSENT = (
    OUTCOMES.index(outcome) for outcome in (Outcome.OK, Outcome.FAILED, Outcome.UNKNOWN, Outcome.UNSENT)
)

NO_SUCH_WORD = -2
"""A code that no row has, for a word that does not occur in the run."""


def bad(records: Records) -> NDArray[np.bool_]:
    """Which requests had no success: failed, or unknown, for the user saw no success then either."""
    return np.isin(records.outcome, (FAILED, UNKNOWN))


def sent(records: Records) -> NDArray[np.bool_]:
    """Which requests left the generator."""
    return np.asarray(records.outcome != UNSENT)


def nameless(records: Records) -> NDArray[np.bool_]:
    """Which requests were answered well by somebody who did not say which node and release that was."""
    return np.asarray((records.outcome == OK) & ((records.node < 0) | (records.release < 0)))


def count(mask: NDArray[np.bool_]) -> int:
    """How many are true."""
    return int(np.count_nonzero(mask))
