"""Whether the probes were driven as the scenario asks: their lanes, how often, and with which deadline."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Role
from harness.evidence.records import Lane
from harness.evidence.stored_scenario import StoredProbe
from harness.judge.evidence import Evidence


def otherwise_driven(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Lane and sentence of each that is missing, or that its file drove in another way.

    Schedule and deadline of a lane are read from the file's own header: a generator that probed half as
    often, or waited twice as long, would be consistent with itself.
    """
    # Keyed by plain words: the scenario may name an operation that this version does not know.
    probes: dict[tuple[str | None, str], Lane] = {
        (lane.op, lane.connection): lane for lane in evidence.requests.lanes if lane.role is Role.PROBE
    }
    for probe in evidence.scenario.probes:
        for connection in probe.connections:
            name = f"{probe.op}/{connection}"
            lane = probes.get((probe.op, connection))
            if lane is None:
                yield name, f"The scenario asks for probes in the lane {name}; there are none."
            else:
                yield from ((lane.lane, sentence) for sentence in _differences(lane, probe))


def _differences(lane: Lane, probe: StoredProbe) -> Iterator[str]:
    asked_hz, asked_s = probe.rate_hz, probe.deadline_s
    if asked_hz is not None and lane.rate_hz != asked_hz:
        rate = "on no schedule" if lane.rate_hz is None else f"{lane.rate_hz:g} times a second"
        yield f"{lane.lane} was probed {rate}; the scenario asks for {asked_hz:g}."
    if asked_s is not None and lane.deadline_s != asked_s:
        yield f"{lane.lane} had a deadline of {lane.deadline_s:g} s; the scenario asks for {asked_s:g} s."
