"""Whether what was injected into a run is what its verdict found: a function of the two alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.controls.injected import Injected
from harness.controls.place import Found, is_at, objection
from harness.controls.unexplained import unexpected
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
    result: Result
    words: str
    """The finding, or what was missing."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What `verdict.json` says, as far as controls read it."""

    verdict: str
    questions: Mapping[str, Mapping[str, Any]]
    latency_s: Mapping[str, float]
    """Lane -> median latency in the baseline."""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Judged:
        """Read the document."""
        lanes = document.get("phases", {}).get("baseline", {}).get("lanes", {})
        medians = {lane: stats.get("latency_ms_p50") for lane, stats in lanes.items()}
        return cls(
            str(document["verdict"]),
            document["questions"],
            {lane: ms / 1e3 for lane, ms in medians.items() if ms is not None},
        )

    def findings(self, question: str) -> list[Found]:
        """Findings of a question that are against the upgrade."""
        found = self.questions.get(question, {}).get("findings", ())
        return [finding for finding in found if finding["verdict"] == "FAIL"]

    @property
    def counted(self) -> Iterator[tuple[str, Found]]:
        """Question and finding of everything against the upgrade, advisory questions left out."""
        for name, question in self.questions.items():
            if not question.get("advisory"):
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
    return Row(control, what, None, None, None, None, None, result, words)


def _verdict_row(control: str, expected: Expectation, judged: Judged | None) -> Row:
    if judged is None:
        return Row(
            control, "verdict", None, None, None, None, None, Result.UNDECIDED, "the run was not judged"
        )
    as_declared = judged.verdict == expected.verdict
    words = f"{judged.verdict}" + ("" if as_declared else f", declared {expected.verdict}: {_why(judged)}")
    result = Result.AS_DECLARED if as_declared else Result.MISSED
    return Row(control, "verdict", None, None, None, None, None, result, words)


def _why(judged: Judged) -> str:
    for question in judged.questions.values():
        if question["verdict"] == judged.verdict:
            return next(
                (str(f["sentence"]) for f in question["findings"] if f["verdict"] == judged.verdict), ""
            )
    return ""


def _row(
    control: str,
    finding: ExpectedFinding,
    injected: Injected | None,
    result: Result,
    words: str,
    **figures: float,
) -> Row:
    measured = finding.measure is not Measure.NONE
    return Row(
        control,
        finding.fault or finding.question,
        finding.phase,
        injected.length_s if injected and measured else None,
        figures.get("found_s"),
        figures.get("error_s"),
        figures.get("tolerance_s"),
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
    longest = max(candidates, key=_length_s)
    if injected is None or finding.measure is Measure.NONE:
        return _row(control, finding, injected, Result.AS_DECLARED, str(longest["sentence"]))
    found_s = _found_s(finding.measure, candidates, longest, judged)
    error_s = found_s - (injected.length_s - finding.shorter_by_s)
    result = Result.AS_DECLARED if abs(error_s) <= tolerance_s else Result.MISSED
    words = str(longest["sentence"])
    if result is Result.MISSED:
        words = f"the length is off by {error_s:+.3f} s, more than {tolerance_s:.3f} s: {words}"
    figures = {"found_s": found_s, "error_s": error_s, "tolerance_s": tolerance_s}
    return _row(control, finding, injected, result, words, **figures)


def _nearest(finding: ExpectedFinding, injected: Injected | None, judged: Judged, tolerance_s: float) -> str:
    """What was found instead, for whoever looks into it."""
    for found in judged.findings(finding.question):
        if is_at(found, injected, tolerance_s):
            return f"{objection(finding, found)}: {found['sentence']}"
    return f"{finding.question} found nothing at that time"


def _length_s(found: Found) -> float:
    if found.get("start_ns") is None or found.get("end_ns") is None:
        return 0.0
    return (int(found["end_ns"]) - int(found["start_ns"])) / 1e9


def _found_s(measure: Measure, candidates: Sequence[Found], longest: Found, judged: Judged) -> float:
    if measure is Measure.SPAN:
        timed = [found for found in candidates if found.get("end_ns") is not None]
        end_ns = max(int(found["end_ns"]) for found in timed)
        return (end_ns - min(int(found["start_ns"]) for found in timed)) / 1e9
    if measure is Measure.STALL:
        return _length_s(longest) - judged.latency_s.get(str(longest.get("lane")), 0.0)
    return _length_s(longest)
