"""Whether a finding is the one that is expected, and lies at the time of an injection."""

from __future__ import annotations

from collections.abc import Mapping

from harness.controls.injected import Injected
from harness.evidence.verdict_file import StoredFinding
from harness.scenario.expectation import ExpectedFinding
from harness.scenario.fault import FaultKind
from harness.scenario.pattern import occurs

_AFTER_NS = 1_000_000_000
"""A finding may begin so long after an injection ended and still be its doing: requests that it made wait
are answered, or fail, when they come to their turn."""

_FELT_NS: Mapping[str, int] = {FaultKind.KILL_NODE: 15_000_000_000, FaultKind.STOP_NODE: 15_000_000_000}
"""Likewise by kind of fault, where that is longer. A killed node's injection ends when its first worker
answers again, a stopped one's when its port accepts; others are still loading Keystone, some seconds with two
cores."""


def felt_ns(injected: Injected) -> int:
    """How long after its end an injection may still be felt."""
    return _FELT_NS.get(injected.kind, _AFTER_NS)


def is_at(
    found: StoredFinding, injected: Injected | None, tolerance_s: float, after_ns: int = _AFTER_NS
) -> bool:
    """Whether a finding overlaps the injection in time, or the time after it, or tells no time."""
    if injected is None or found.times_ns is None:
        return True
    start_ns, end_ns = found.times_ns
    if not injected.lasts:  # what happens in an instant may be felt much later
        return end_ns >= injected.begin_ns
    spare_ns = round(tolerance_s * 1e9)
    begins_in_time = start_ns <= injected.end_ns + max(spare_ns, after_ns)
    return begins_in_time and end_ns >= injected.begin_ns - spare_ns


def objection(finding: ExpectedFinding, found: StoredFinding) -> str | None:
    """Why a finding is not the expected one; None where it is."""
    for key in ("phase", "step", "node"):
        wanted, told = getattr(finding, key), getattr(found, key)
        if wanted is not None and told != wanted:
            return f"its {key} is {told}, declared {wanted}"
    error = finding.error
    if error is not None and found.error != error and error not in found.sentence:
        return f"its error is {found.error}, declared {error}"
    if not occurs(finding.reason, found.sentence):
        return f"it does not say {finding.reason!r}"
    return None
