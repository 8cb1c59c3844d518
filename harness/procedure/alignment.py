"""When the next probe is due, from the probes' own request file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.evidence.jsonl import read_jsonl
from harness.evidence.names import Role


def next_probe_ns(path: Path, after_ns: int) -> int:
    """First instant from `after_ns` on at which a probe of any lane of Keystone is due.

    Raises:
        HarnessError: no probe is on record yet.
    """
    rows = read_jsonl(path).rows
    header: Mapping[str, Any] = next((row["header"] for row in rows if "header" in row), {})
    # Not of the reference target: what is frozen is Keystone, and its probes alone can meet that.
    probes = [lane for lane in header.get("lanes", ()) if lane.get("role", Role.PROBE) == Role.PROBE]
    rates = {lane["lane"]: lane["rate_hz"] for lane in probes if lane["rate_hz"]}
    seen = {row["lane"]: row["intended_ns"] for row in rows if row.get("lane") in rates}
    if not seen:
        raise HarnessError("a fault can not be aligned with the probes: none is on record yet")
    return next_due_ns(((seen[lane], rates[lane]) for lane in seen), after_ns)


def next_due_ns(lanes: Iterable[tuple[int, float]], after_ns: int) -> int:
    """First instant from `after_ns` on that is a whole number of intervals from a lane's known one.

    Args:
        lanes: of each lane an instant at which a probe was due, and its rate in Hz; at least one.
        after_ns: no instant before this one.
    """
    return min(_next_of(known_ns, 1e9 / rate_hz, after_ns) for known_ns, rate_hz in lanes)


def _next_of(known_ns: int, interval_ns: float, after_ns: int) -> int:
    steps = -int((known_ns - after_ns) // interval_ns)  # ceiling of what is missing, in intervals
    return known_ns + round(max(steps, 0) * interval_ns)
