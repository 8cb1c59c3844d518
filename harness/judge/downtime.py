"""Disruptions of the service, and what they count."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outage:
    """A disruption: failures that belong together, of any lanes, with the two bounds of its length."""

    start_ns: int
    """The last success before was due then, in the lanes that were hit; as `end_ns`, its outer bound."""
    end_ns: int
    """The first success after was due then; the end of evidence if none followed."""
    inner_start_ns: int
    """Its first request was hurt from then on; as `inner_end_ns`, its inner bound."""
    inner_end_ns: int
    """Intended time of the last request that failed."""
    first_due_ns: int
    """Intended time of the first request that failed, which may have waited on a sound service."""
    last_due_ns: int
    open_ended: bool
    """No success followed."""
    lanes: tuple[str, ...]
    errors: tuple[tuple[str, int], ...]
    """Error class and count, most first."""
    requests: int
    """Failed and unknown ones."""
    due: int
    """Requests to Keystone that were sent and due between the two successes that bound it, in every lane."""
    down: bool
    """Nothing succeeded meanwhile; else the service was disrupted, not down."""
    phase: str | None
    step: str | None
    node: str | None
    release: str | None
    """Release of the node that the disruption is laid to, at its start."""
    cause: str
    """One sentence: what the harness was doing to which node then."""
    examples: tuple[str, ...]
    """Up to five of its requests: time in the run, lane, status or error class, detail, request id."""
    charged: bool = True
    """Whether it counts against the upgrade; False where it is excused: `judge.measures.saturation`."""

    @property
    def duration_s(self) -> float:
        """Seconds of its outer bound: at most so long."""
        return (self.end_ns - self.start_ns) / 1e9

    @property
    def inner_s(self) -> float:
        """Seconds of its inner bound: at least so long."""
        return (self.inner_end_ns - self.inner_start_ns) / 1e9

    @property
    def uncertainty_ns(self) -> int:
        """How far the two bounds are apart, at the edge at which they are farther."""
        return max(self.inner_start_ns - self.start_ns, self.end_ns - self.inner_end_ns)


@dataclass(frozen=True, slots=True)
class Charge:
    """What one charged disruption counts, by lane, so that a budget may be about some of them."""

    phase: str | None
    """To which it was laid."""
    start_ns: int
    end_ns: int
    inner_s: float
    requests: Mapping[str, int]
    """Failed and unknown ones of each lane that was hit."""
    spans_ns: Mapping[str, tuple[int, int]]
    """The outer bound of each lane by itself."""

    @property
    def length_s(self) -> float:
        """Seconds of its outer bound."""
        return (self.end_ns - self.start_ns) / 1e9

    def length_of_s(self, lanes: Collection[str]) -> float:
        """Seconds of the part in which some of its lanes were hit; 0 where none of them was."""
        spans = [span for lane, span in self.spans_ns.items() if lane in lanes]
        if len(spans) == len(self.spans_ns) or not spans:
            return self.length_s if spans else 0.0
        start_ns, end_ns = min(start for start, _ in spans), max(end for _, end in spans)
        return (min(end_ns, self.end_ns) - max(start_ns, self.start_ns)) / 1e9


@dataclass(frozen=True, slots=True)
class NodeDowntime:
    """What of the listed outages is laid to one node."""

    outages: int = 0
    failed: int = 0
    """Failed and unknown requests in them."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """What failed for users in the probed time: every length and count that is shown of it."""

    outages: tuple[Outage, ...] = ()
    """Disruptions by time; at most `OUTAGES_LISTED_MAX` of `judge.measures.outages`, the longest, charged
    ones first."""
    total: int = 0
    """Disruptions, those not listed included."""
    charges: tuple[Charge, ...] = ()
    """What each that is charged to the upgrade counts, by time, those not listed included."""
    failed: int = 0
    """Failed and unknown requests."""
    followed: str | None = None
    """The release that answered every charged failure, where the other one answered the same lanes well: the
    release is the cause then, and no step or node is."""

    @property
    def charged(self) -> int:
        """Disruptions that are charged to the upgrade."""
        return len(self.charges)

    @property
    def longest_s(self) -> float:
        """Of the charged ones, outer bound; 0 where there is none."""
        return max((charge.length_s for charge in self.charges), default=0.0)

    @property
    def charged_s(self) -> float:
        """Seconds of the charged ones together, outer bounds: at most so long."""
        return sum(charge.length_s for charge in self.charges)

    @property
    def inner_s(self) -> float:
        """Seconds of the charged ones together, inner bounds: at least so long."""
        return sum(charge.inner_s for charge in self.charges)

    @property
    def failed_charged(self) -> int:
        """Failed and unknown requests in charged disruptions."""
        return sum(sum(charge.requests.values()) for charge in self.charges)

    @property
    def due(self) -> int:
        """Requests that were due during the charged disruptions that are listed."""
        return sum(outage.due for outage in self.outages if outage.charged)

    @property
    def failed_of_due(self) -> int:
        """Those of them that failed."""
        return sum(outage.requests for outage in self.outages if outage.charged)

    @property
    def down(self) -> tuple[Outage, ...]:
        """The charged disruptions in which nothing succeeded."""
        return tuple(outage for outage in self.outages if outage.charged and outage.down)

    @property
    def excused(self) -> int:
        """Outages that are not charged, those not listed included."""
        return self.total - self.charged

    @property
    def failed_excused(self) -> int:
        """Failed and unknown requests in outages that are not charged."""
        return self.failed - self.failed_charged

    @property
    def listed(self) -> int:
        """Outages that are told one by one."""
        return len(self.outages)

    @property
    def left_out(self) -> int:
        """Outages that are not."""
        return self.total - self.listed

    def of_node(self, node: str) -> NodeDowntime:
        """What of the listed outages is laid to a node: the cause of the others is not looked for."""
        mine = [outage for outage in self.outages if outage.node == node]
        return NodeDowntime(len(mine), sum(outage.requests for outage in mine))

    @property
    def longest(self) -> Outage | None:
        """The longest charged outage, the first of equals; None where none is charged."""
        charged = (outage for outage in self.outages if outage.charged)
        return max(charged, key=lambda outage: outage.duration_s, default=None)
