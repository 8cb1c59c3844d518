"""Whether what was injected into a run is what its verdict found: a function of the two alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.controls.injected import Injected
from harness.controls.place import is_at, objection
from harness.controls.unexplained import unexpected
from harness.evidence.names import Phase, Verdict
from harness.evidence.verdict_file import StoredFinding, StoredPhase, StoredQuestion, VerdictFile
from harness.scenario.expectation import Expectation, ExpectedFinding, Measure


class Result(StrEnum):
    """How one row came out."""

    AS_DECLARED = "as declared"
    MISSED = "missed"
    UNEXPLAINED = "unexplained"  # something was found that no injection explains
    UNDECIDED = "undecided"  # the fault was not injected, or the run was not judged


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: an expectation, held against what was found."""

    control: str
    what: str
    """Name of the fault, or of the question where no fault is expected to be found."""
    phase: str | None
    injected_s: float | None
    """As measured; None where nothing with a length was injected."""
    found_s: float | None
    error_s: float | None
    """Found less injected, as far as it was to be found."""
    tolerance_s: float | None
    """By which length and either edge may be off."""
    edges_s: tuple[float, float] | None
    """How much later than the injection's begin and its end what was found begins and ends."""
    result: Result
    words: str
    """The finding, or what was missing."""


@dataclass(frozen=True, slots=True)
class _Figures:
    """What was found, against what was injected."""

    found_s: float
    begins_s: float
    ends_s: float
    tolerance_s: float

    @property
    def error_s(self) -> float:
        return self.ends_s - self.begins_s

    @property
    def objection(self) -> str | None:
        """What is off by more than the tolerance; None where nothing is."""
        off = {"the length": self.error_s, "its begin": self.begins_s, "its end": self.ends_s}
        return next((f"{w} is off by {s:+.3f} s" for w, s in off.items() if abs(s) > self.tolerance_s), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """What `verdict.json` says, as far as controls read it."""

    verdict: Verdict
    questions: Mapping[str, StoredQuestion]
    latency_s: Mapping[str, float]
    """Lane -> median latency in the baseline."""
    sought: frozenset[Verdict] = frozenset({Verdict.FAIL})
    """What a finding must be to be against the upgrade."""

    @classmethod
    def of(cls, file: VerdictFile) -> Judged:
        """Take it from the file."""
        lanes = file.phases.get(Phase.BASELINE, StoredPhase()).lanes
        medians = {lane: stats.latency_ms_p50 for lane, stats in lanes.items()}
        return cls(
            file.verdict,
            file.questions,
            {lane: ms / 1e3 for lane, ms in medians.items() if ms is not None},
        )

    def findings(self, question: str) -> list[StoredFinding]:
        """Findings of a question that are against the upgrade, or leave it open where that is expected."""
        asked = self.questions.get(question)
        return [found for found in asked.findings if found.verdict in self.sought] if asked else []

    @property
    def counted(self) -> Iterator[tuple[str, StoredFinding]]:
        """Question and finding of everything against the upgrade, advisory questions left out."""
        for name, question in self.questions.items():
            if not question.advisory:
                yield from ((name, finding) for finding in self.findings(name))


def match(
    control: str,
    expected: Expectation,
    injected: Sequence[Injected],
    judged: Judged | None,
    interval_s: float,
) -> tuple[Row, ...]:
    """A row for the verdict, one for each expected finding and each time its fault was injected, and, where
    any is expected, one for everything that was found besides.

    Args:
        control: name of the control.
        expected: its section `[expect]`.
        injected: what its journal says was done.
        judged: its verdict; None where the run was not judged.
        interval_s: the widest interval between two probes of a lane.
    """
    if judged is not None and expected.verdict == Verdict.INCONCLUSIVE:
        judged = replace(judged, sought=frozenset({Verdict.INCONCLUSIVE, Verdict.FAIL}))
    return tuple(_rows(control, expected, injected, judged, interval_s))


def _rows(
    control: str,
    expected: Expectation,
    injected: Sequence[Injected],
    judged: Judged | None,
    interval_s: float,
) -> Iterator[Row]:
    yield _verdict_row(control, expected, judged)
    for finding in expected.findings:
        times = [each for each in injected if each.fault == finding.fault]
        if judged is None:
            yield _row(control, finding, None, Result.UNDECIDED, "the run was not judged")
        elif finding.fault is None:
            yield _sought(control, finding, None, judged, interval_s)
        elif not times:
            yield _row(control, finding, None, Result.UNDECIDED, f"{finding.fault} was not injected")
        else:
            yield from (_sought(control, finding, each, judged, interval_s) for each in times)
    if judged is not None and expected.findings:
        yield _unexpected_row(control, expected, injected, judged, interval_s)


def _unexpected_row(
    control: str, expected: Expectation, injected: Sequence[Injected], judged: Judged, interval_s: float
) -> Row:
    """A detector that finds what was injected and cries at other times as well is no detector."""
    found = unexpected(expected, injected, judged.counted, interval_s)
    what = f"besides: {found.explained} explained, {len(found.unexplained)} not"
    words = f"no injection explains: {found.unexplained[0]}" if found.unexplained else "all is explained"
    result = Result.UNEXPLAINED if found.unexplained else Result.AS_DECLARED
    return Row(control, what, None, None, None, None, None, None, result, words)


def _verdict_row(control: str, expected: Expectation, judged: Judged | None) -> Row:
    if judged is None:
        return Row(
            control, "verdict", None, None, None, None, None, None, Result.UNDECIDED, "the run was not judged"
        )
    as_declared = judged.verdict == expected.verdict
    words = f"{judged.verdict}" + ("" if as_declared else f", declared {expected.verdict}: {_why(judged)}")
    result = Result.AS_DECLARED if as_declared else Result.MISSED
    return Row(control, "verdict", None, None, None, None, None, None, result, words)


def _why(judged: Judged) -> str:
    for question in judged.questions.values():
        if question.verdict is judged.verdict:
            return next((f.sentence for f in question.findings if f.verdict is judged.verdict), "")
    return ""


def _row(
    control: str,
    finding: ExpectedFinding,
    injected: Injected | None,
    result: Result,
    words: str,
    figures: _Figures | None = None,
) -> Row:
    measured = finding.measure is not Measure.NONE
    return Row(
        control,
        finding.fault or finding.question,
        finding.phase,
        injected.length_s if injected and measured else None,
        figures.found_s if figures else None,
        figures.error_s if figures else None,
        figures.tolerance_s if figures else None,
        (figures.begins_s, figures.ends_s) if figures else None,
        result,
        words,
    )


def _sought(
    control: str, finding: ExpectedFinding, injected: Injected | None, judged: Judged, interval_s: float
) -> Row:
    """Look for an expected finding, and hold its length against the injection's."""
    tolerance_s = finding.tolerance_intervals * interval_s
    candidates = [
        found
        for found in judged.findings(finding.question)
        if is_at(found, injected, tolerance_s) and not objection(finding, found)
    ]
    if not candidates:
        return _row(
            control, finding, injected, Result.MISSED, _nearest(finding, injected, judged, tolerance_s)
        )
    longest = max(candidates, key=lambda found: found.length_s)
    if injected is None or finding.measure is Measure.NONE:
        return _row(control, finding, injected, Result.AS_DECLARED, longest.sentence)
    figures = _measured(finding, injected, candidates, judged, tolerance_s)
    if figures.objection is None:
        return _row(control, finding, injected, Result.AS_DECLARED, longest.sentence, figures)
    words = f"{figures.objection}, more than {tolerance_s:.3f} s: {longest.sentence}"
    return _row(control, finding, injected, Result.MISSED, words, figures)


def _nearest(finding: ExpectedFinding, injected: Injected | None, judged: Judged, tolerance_s: float) -> str:
    """What was found instead, for whoever looks into it."""
    for found in judged.findings(finding.question):
        if is_at(found, injected, tolerance_s):
            return f"{objection(finding, found)}: {found.sentence}"
    return f"{finding.question} found nothing at that time"


def _measured(
    finding: ExpectedFinding,
    injected: Injected,
    candidates: Sequence[StoredFinding],
    judged: Judged,
    tolerance_s: float,
) -> _Figures:
    start_ns, end_ns = _edges_ns(finding.measure, candidates, judged, injected)
    due_end_ns = injected.end_ns - finding.shorter_by_s * 1e9
    return _Figures(
        found_s=(end_ns - start_ns) / 1e9,
        begins_s=(start_ns - injected.begin_ns) / 1e9,
        ends_s=(end_ns - due_end_ns) / 1e9,
        tolerance_s=tolerance_s,
    )


def _edges_ns(
    measure: Measure, candidates: Sequence[StoredFinding], judged: Judged, injected: Injected
) -> tuple[float, float]:
    """Of the longest finding, or of all together.

    A stall ends with an answer, which takes its usual time; and the first request that it held up may have
    been under way for as long before, so it began somewhere in that time.
    """
    longest = max(candidates, key=lambda found: found.length_s)
    if measure is Measure.SPAN:
        times = [found.edges_ns for found in candidates if found.times_ns is not None]
        return min(start for start, _ in times), max(end for _, end in times)
    start_ns, end_ns = longest.edges_ns
    if measure is Measure.STALL:
        usual_ns = judged.latency_s.get(longest.lane or "", 0.0) * 1e9
        return start_ns + min(max(injected.begin_ns - start_ns, 0.0), usual_ns), end_ns - usual_ns
    return start_ns, end_ns
