"""The longest times without a success, and whether the machine stood still then as well."""

from __future__ import annotations

from collections.abc import Sequence

from harness.evidence.names import Role
from harness.judge.evidence import Evidence
from harness.judge.measures.silences import Silence
from harness.judge.model import Stall

_SHARED_MIN = 0.5
"""Part of a stall that the target must have been silent for as well, however sparse its probes."""


def stalls(evidence: Evidence, silences: Sequence[Silence]) -> tuple[Stall, ...]:
    """The longest stall of each probe lane over the whole probed time, the longest first."""
    longest = [
        Stall(evidence.requests.lanes[number].lane, length_s)
        for number in evidence.lanes(Role.PROBE)
        if (length_s := silences[number].success_s_max[None]) is not None
    ]
    return tuple(sorted(longest, key=lambda stall: -stall.length_s))


def shared_by_reference(
    evidence: Evidence, silences: Sequence[Silence], start_ns: int, end_ns: int
) -> float | None:
    """Seconds that the known-good target was silent in a stall of Keystone, if for as long as the stall.

    None where it answered meanwhile, or where there is no such target. As long means up to one interval of
    the target's probes less, because its silence is known from when its next request was due, and half at
    least.
    """
    for number in evidence.lanes(Role.REFERENCE):
        rate_hz = evidence.requests.lanes[number].rate_hz
        silent_s = silences[number].gaps.longest_s(start_ns, end_ns)
        if silent_s is None or not rate_hz:
            continue
        stall_s = (end_ns - start_ns) / 1e9
        if silent_s >= max(_SHARED_MIN * stall_s, stall_s - 1 / rate_hz):
            return silent_s
    return None
