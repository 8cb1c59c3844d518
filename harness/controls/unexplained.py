"""What a verdict holds against a control that it does not expect: its faults' doing, or unexplained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.controls.injected import Injected
from harness.controls.place import felt_ns, is_at, objection
from harness.evidence.verdict_file import StoredFinding
from harness.scenario.expectation import Expectation, ExpectedFinding


@dataclass(frozen=True, slots=True)
class Unexpected:
    """Findings that nothing in the section `[expect]` asks for."""

    explained: int
    """Those that lie at the time of an injection, so that it may have done them."""
    unexplained: tuple[str, ...]
    """Sentences of those that no injection explains: an alarm that the control did not set off."""


def unexpected(
    expected: Expectation,
    injected: Sequence[Injected],
    found: Iterable[tuple[str, StoredFinding]],
    interval_s: float,
) -> Unexpected:
    """Sort what was found and is not expected.

    A finding that tells its time is explained by a lasting injection that it overlaps, whatever its question;
    by an instant one only after it, and in a question in which the control expects something of that fault.
    One that tells no time is explained only in such a question. And an expectation without a time takes one
    finding for each injection: where one user was deleted, a second one that is lost is unexplained.

    Args:
        expected: the control's section `[expect]`.
        injected: what its journal says was done.
        found: question and finding, of those that are against the upgrade and count.
        interval_s: the widest interval between two probes of a lane.
    """
    claims = [_Claim(each, _of(each, injected), interval_s) for each in expected.findings]
    explained, unexplained = 0, []
    for question, finding in found:
        fitting = [claim for claim in claims if claim.fits(question, finding)]
        if any(claim.takes(finding) for claim in fitting):
            continue
        if not fitting and _is_doing(question, finding, expected, injected, interval_s):
            explained += 1
        else:
            unexplained.append(finding.sentence)
    return Unexpected(explained, tuple(unexplained))


class _Claim:
    """One expected finding, and how many findings without a time it may still take."""

    def __init__(self, finding: ExpectedFinding, times: Sequence[Injected], interval_s: float) -> None:
        self._finding = finding
        self._times = times
        self._tolerance_s = finding.tolerance_intervals * interval_s
        self._left = len(times) if finding.fault is not None else 1

    def fits(self, question: str, found: StoredFinding) -> bool:
        if question != self._finding.question or objection(self._finding, found):
            return False
        return self._finding.fault is None or any(is_at(found, t, self._tolerance_s) for t in self._times)

    def takes(self, found: StoredFinding) -> bool:
        if found.times_ns is not None:
            return True
        self._left -= 1
        return self._left >= 0


def _of(finding: ExpectedFinding, injected: Sequence[Injected]) -> list[Injected]:
    return [each for each in injected if each.fault == finding.fault]


def _is_doing(
    question: str,
    found: StoredFinding,
    expected: Expectation,
    injected: Sequence[Injected],
    interval_s: float,
) -> bool:
    """Whether an injection may have done it."""
    asked = {each.fault for each in expected.findings if each.question == question}
    if found.times_ns is None:
        return None in asked or any(each.fault in asked for each in injected)
    return any(
        (each.lasts or each.fault in asked) and is_at(found, each, interval_s, felt_ns(each))
        for each in injected
    )
