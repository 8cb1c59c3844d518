"""Which charged disruptions a finding of availability is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.judge.downtime import Charge
from harness.judge.model import Finding, Verdict


class Told:
    """The charged disruptions of a run, by the findings that tell of them."""

    def __init__(self, findings: Iterable[Finding], charges: Sequence[Charge]) -> None:
        self._charges = charges
        self._one_by_one = {
            (finding.start_ns, finding.end_ns)
            for finding in findings
            if finding.verdict is Verdict.FAIL and finding.end_ns is not None and finding.requests
        }

    def by(self, finding: Finding) -> list[int]:
        """Numbers of those that a finding tells of: by its time, else by its lane, else what no other tells.

        A disruption that is excused is none of them, whatever else failed in its lanes at its time.
        """
        if finding.verdict is not Verdict.FAIL:
            return []
        return [number for number, charge in enumerate(self._charges) if self._tells(finding, charge)]

    def _tells(self, finding: Finding, charge: Charge) -> bool:
        if finding.end_ns is not None:
            return (finding.start_ns, finding.end_ns) == (charge.start_ns, charge.end_ns)
        if finding.lane is not None:
            return finding.lane in charge.requests
        return (charge.start_ns, charge.end_ns) not in self._one_by_one
