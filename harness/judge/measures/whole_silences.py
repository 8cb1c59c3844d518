"""When nobody at all was answered, although requests were due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.evidence.names import Phase, Role
from harness.evidence.requests import Records
from harness.judge.codes import OK, bad, count
from harness.judge.evidence import Evidence, due
from harness.judge.intervals import Intervals, disjoint
from harness.judge.measures.gaps import without_success
from harness.judge.measures.saturation import Saturation
from harness.judge.measures.silences import Silence
from harness.judge.measures.stalls import shared_by_reference
from harness.judge.overdue import SPARE_S

INTERVALS = 3
"""Probes in a row of the densest lane; one or two may wait behind each other on a sound cloud."""
BOUND_S_MIN = 1.0


@dataclass(frozen=True, slots=True)
class WholeSilence:
    """A stretch in which requests were due and none of any lane succeeded."""

    start_ns: int
    """The last success before, if a request was under way then, else when the next was due."""
    end_ns: int
    """The next success of anybody; the end of the last request where none followed."""
    lanes: tuple[str, ...]
    """Those with a request due or under way in it."""
    failed: int
    """Requests due in it that did not succeed; 0 where everybody was answered in the end."""
    reference_s: float | None
    """Seconds of it that the known-good target was silent as well; None where it answered."""
    charged: bool
    """Whether it counts against the upgrade."""

    @property
    def length_s(self) -> float:
        """Seconds without an answer to anybody."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(frozen=True, slots=True)
class WholeSilences:
    """Every stretch in which nobody was answered for longer than the bound."""

    bound_s: float | None
    """Silence of everybody over it is a finding; None without probes."""
    baseline_s: float
    """The longest over the bound in the baseline; 0 where there was none. It was so before the upgrade then,
    and no later one is charged."""
    stretches: tuple[WholeSilence, ...]
    """By time."""


def whole_silences(evidence: Evidence, saturation: Saturation, silences: Sequence[Silence]) -> WholeSilences:
    """Find when nobody was answered: a success of any lane, the load's too, ends such a stretch."""
    bound_s = silence_bound_s(evidence)
    if bound_s is None:
        return WholeSilences(None, 0.0, ())
    found = list(_stretches(evidence, bound_s))
    baseline = [w for w in evidence.windows if w.phase == Phase.BASELINE]
    before = [s for s in found if any(w.start_ns <= s.start_ns < w.end_ns for w in baseline)]
    baseline_s = max((s.end_ns - s.start_ns for s in before), default=0) / 1e9
    stretches = tuple(_silence(evidence, saturation, silences, s, already=bool(before)) for s in found)
    return WholeSilences(bound_s, baseline_s, stretches)


def silence_bound_s(evidence: Evidence) -> float | None:
    """Seconds without an answer to anybody that pass: the setting, else three probes, 1 s at least."""
    if evidence.settings.silence_s_max is not None:
        return evidence.settings.silence_s_max
    rates = [evidence.requests.lanes[number].rate_hz for number in evidence.lanes(Role.PROBE)]
    fastest_hz = max((rate for rate in rates if rate), default=None)
    return None if fastest_hz is None else max(BOUND_S_MIN, INTERVALS / fastest_hz)


@dataclass(frozen=True, slots=True)
class _Stretch:
    start_ns: int
    end_ns: int
    lanes: tuple[str, ...]
    failed: int


def _stretches(evidence: Evidence, bound_s: float) -> Iterator[_Stretch]:
    lanes = evidence.lanes()
    reach_ns = round((max(evidence.requests.lanes[n].deadline_s for n in lanes) + SPARE_S) * 1e9)
    empty = _empty(evidence, round(bound_s * 1e9 / 2))
    # A request that ends in a stretch was due up to a deadline before it, and left up to its lag later.
    around = disjoint(empty.start_ns - 2 * reach_ns, empty.end_ns + 2 * reach_ns)
    for start_ns, end_ns in zip(around.start_ns.tolist(), around.end_ns.tolist(), strict=True):
        parts = [due(evidence.judged(number), start_ns, end_ns) for number in lanes]
        everybody = Records.joined(parts)
        everybody = everybody.at(np.argsort(everybody.intended_ns, kind="stable"))
        for begin, end in without_success(everybody).longer_than(bound_s):
            if _touches(empty, begin, end):
                failed = count(bad(due(everybody, begin, end)))
                yield _Stretch(begin, end, tuple(_with_requests(evidence, lanes, parts, begin, end)), failed)


def _empty(evidence: Evidence, width_ns: int) -> Intervals:
    """The stretches of whole buckets in which no lane had a success.

    A stretch longer than two buckets holds a whole one, so what has none needs no closer look.
    """
    begin_ns = evidence.judged_start_ns
    occupied = np.zeros(max(0, evidence.judged_end_ns - begin_ns) // width_ns + 1, bool)
    for number in evidence.lanes():
        records = evidence.judged(number)
        place = (records.end_ns[records.outcome == OK] - begin_ns) // width_ns
        occupied[place[(place >= 0) & (place < len(occupied))]] = True
    starts = begin_ns + np.flatnonzero(~occupied) * width_ns
    return disjoint(starts, starts + width_ns)


def _touches(empty: Intervals, start_ns: int, end_ns: int) -> bool:
    first = int(np.searchsorted(empty.end_ns, start_ns, side="right"))
    return first < len(empty.start_ns) and bool(empty.start_ns[first] < end_ns)


def _with_requests(
    evidence: Evidence, lanes: Sequence[int], parts: Sequence[Records], start_ns: int, end_ns: int
) -> Iterator[str]:
    for number, records in zip(lanes, parts, strict=True):
        if ((records.intended_ns < end_ns) & (records.end_ns > start_ns)).any():
            yield evidence.requests.lanes[number].lane


def _silence(
    evidence: Evidence,
    saturation: Saturation,
    silences: Sequence[Silence],
    stretch: _Stretch,
    *,
    already: bool,
) -> WholeSilence:
    start_ns, end_ns = stretch.start_ns, stretch.end_ns
    shared_s = shared_by_reference(evidence, silences, start_ns, end_ns)
    excused = already or shared_s is not None or saturation.excuses_all(start_ns, end_ns)
    return WholeSilence(start_ns, end_ns, stretch.lanes, stretch.failed, shared_s, not excused)
