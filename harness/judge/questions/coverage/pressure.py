"""Whether the load was there, phase by phase."""

from __future__ import annotations

from harness.evidence.names import Role
from harness.evidence.requests import Records
from harness.judge.codes import sent
from harness.judge.evidence import Evidence

_PHASE_S_MIN = 2.0
_PACES_MIN = 3.0
"""A phase longer than both, in seconds and in mean times between two tasks of a user, must have seen load:
users jitter their pace, so a shorter one may pass between two tasks of a single user."""


def phases_without_load(evidence: Evidence, role: Role) -> list[str]:
    """Probed phases, long enough to see load, in which no request of a role was under way.

    Under way, not due: a closed user sends nothing while it waits for an answer.
    """
    pace_s = evidence.scenario.load.pace_s
    least_s = max(_PHASE_S_MIN, _PACES_MIN * pace_s)
    lanes = [evidence.requests.of(number) for number in evidence.lanes(role)]
    records = Records.joined([lane.at(sent(lane)) for lane in lanes])
    return [
        window.phase
        for window in evidence.windows
        if window.end_ns - window.start_ns > least_s * 1e9
        and not ((records.start_ns < window.end_ns) & (records.end_ns > window.start_ns)).any()
    ]
