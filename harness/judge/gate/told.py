"""Which charged failures a finding of availability is about."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from harness.judge.measures.charged import ChargedPart
from harness.judge.model import Finding, Verdict


class Told:
    """The charged failures of a run, by the findings that tell of them."""

    def __init__(self, findings: Iterable[Finding], parts: Sequence[ChargedPart]) -> None:
        self._parts = sorted(parts, key=lambda part: part.began_ns)
        self._began = [part.began_ns for part in self._parts]
        outages = [f for f in findings if f.verdict is Verdict.FAIL and f.end_ns is not None and f.requests]
        self._one_by_one = {part for outage in outages for part in self.by(outage)}

    def by(self, finding: Finding) -> list[ChargedPart]:
        """What a finding is made of: by its time, else by its lane, else what no other tells one by one.

        An outage that is excused has no charged failure, whatever else failed in its lanes at its time.
        """
        if finding.verdict is not Verdict.FAIL:
            return []
        lanes = finding.lanes or ((finding.lane,) if finding.lane else ())
        first, stop = 0, len(self._parts)
        if finding.start_ns is not None and finding.end_ns is not None:
            first = bisect_left(self._began, finding.start_ns)
            stop = bisect_right(self._began, finding.end_ns)
        chosen = [part for part in self._parts[first:stop] if not lanes or part.lane in lanes]
        if finding.end_ns is not None:
            return chosen
        return chosen if lanes else [part for part in chosen if part not in self._one_by_one]
