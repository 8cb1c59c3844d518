"""The one sentence that answers what was asked, decided from the numbers and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.compare.arms import Arm
from harness.compare.comparison import ArmsComparison
from harness.compare.figures import PRIMARY
from harness.compare.settings import PAIR
from harness.compare.text import figure_words, number_p, signed
from harness.judge.comparable import USERS_DIGEST
from harness.judge.words import counted, listed
from harness.report.text import at_most_percent, seconds
from harness.statistics.few_runs import RUNS_MIN, Summary, share_upper, smallest_p

SIGNIFICANCE = 0.05
"""Largest two-sided p-value that is called a difference. Two arms need four runs each to go below it at all,
which are half an hour of a small machine; 3 + 3 runs can give 0.1 and say nothing."""
_IN_WORDS = {**dict.fromkeys(PAIR, "the release pair"), USERS_DIGEST: "the file of users"}
"""What a key stands for, where its name says it badly."""
_SAME_S = 0.05
"""Rolls that differ by less took as long as each other: steps are polled four times a second."""


class Conclusion(StrEnum):
    """What the runs say."""

    YES = "yes"
    NO = "no"
    NOT_ENOUGH = "not enough runs"
    NO_DIFFERENCE = "no difference shown"


@dataclass(frozen=True, slots=True)
class Answered:
    """A question, its answer, and the answer in words with the numbers that it rests on."""

    question: str
    answer: Conclusion
    sentence: str
    """One sentence; with more than two arms, one for each that is compared with the first."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One arm as sentences speak of it."""

    arm: Arm
    outage: Summary
    failed: Summary
    roll: Summary | None

    @property
    def words(self) -> str:
        """`3 undrained runs had 5.9 s of disruption (5.1 s to 6.8 s) and 18.3 failed requests on average`."""
        runs = counted(len(self.arm.runs), f"{self.arm.name} run")
        if not any(self.failed.values):
            return f"{runs} had no failed request"
        failed = f"{figure_words(PRIMARY, self.outage.mean)} of disruption"
        count = counted_mean(self.failed.mean, "failed request")
        if len(self.outage.values) == 1:
            return f"{runs} had {failed} and {count}"
        low, high = min(self.outage.values), max(self.outage.values)
        return f"{runs} had {failed} ({seconds(low)} to {seconds(high)}) and {count} on average"


def counted_mean(mean: float, noun: str) -> str:
    """`1 failed request`, `18.3 failed requests`."""
    return counted(int(mean), noun) if mean.is_integer() else f"{mean:,.1f} {noun}s"


def answer(comparison: ArmsComparison) -> Answered:
    """Answer for the second arm against the first; with more arms, for each of them.

    A difference is what a two-sided p-value of the outage seconds, corrected for the number of arms, of at
    most `SIGNIFICANCE` says. Where the runs are too few for any p-value so small, that is the answer,
    whatever the figures look like.
    """
    if comparison.arms.about_draining:
        return _draining(comparison)
    numbers = range(1, len(comparison.arms.arms))
    found = [_of(comparison, number) for number in numbers]
    return Answered(
        question=question_of(comparison.arms.by),
        answer=_together(found),
        sentence=" ".join(_sentence(comparison, n, each) for n, each in zip(numbers, found, strict=True)),
    )


def question_of(by: Sequence[str]) -> str:
    """Of several settings together: the arms differ in all of them, so nobody can tell one from another."""
    what = list(dict.fromkeys(_IN_WORDS.get(key, key) for key in by))
    return f"Does {what[0]} matter here?" if len(what) == 1 else f"Do {listed(what)} together matter here?"


def _together(found: Sequence[Conclusion]) -> Conclusion:
    """Any difference is a difference; otherwise one arm with too few runs leaves it open."""
    for strongest in (Conclusion.YES, Conclusion.NOT_ENOUGH):
        if strongest in found:
            return strongest
    return Conclusion.NO_DIFFERENCE


def _of(comparison: ArmsComparison, number: int) -> Conclusion:
    """Whether arm `number` differs from the first."""
    if not _small(comparison.smallest_p(number)):
        return Conclusion.NOT_ENOUGH
    against = comparison.primary.against[number - 1]
    return Conclusion.YES if against and _small(against.corrected_p) else Conclusion.NO_DIFFERENCE


def _small(p_value: float | None) -> bool:
    # A p-value that is exactly the bound is, whatever binary fractions make of it.
    return p_value is not None and (p_value < SIGNIFICANCE or math.isclose(p_value, SIGNIFICANCE))


def _draining(comparison: ArmsComparison) -> Answered:
    found = _of(comparison, 1)
    sides = [_side(comparison, number) for number in range(2)]
    drained, undrained = sides if sides[0].arm.drained else sides[::-1]
    if found is Conclusion.YES and drained.outage.mean > undrained.outage.mean:
        found = Conclusion.NO
    lead = {
        Conclusion.YES: "Yes",
        Conclusion.NO: "No, draining made it worse",
        Conclusion.NO_DIFFERENCE: "No difference was shown",
        Conclusion.NOT_ENOUGH: "There are not enough runs to say",
    }[found]
    more = (
        ", so draining alone is not enough" if found is Conclusion.YES and any(drained.failed.values) else ""
    )
    return Answered(
        question="Is draining worth it here?",
        answer=found,
        sentence=(
            f"{lead}: {undrained.words}, {drained.words}{more}; {_cost(drained, undrained)}; "
            f"{_sureness(comparison, 1, found)}."
        ),
    )


def _side(comparison: ArmsComparison, number: int) -> _Side:
    outage, failed = (comparison.of(key).summaries[number] for key in ("outage_s", "failed"))
    if outage is None or failed is None:
        raise AssertionError("every run has seconds of outage and a number of failed requests, if only 0")
    return _Side(comparison.arms.arms[number], outage, failed, comparison.of("roll_s").summaries[number])


def _cost(drained: _Side, undrained: _Side) -> str:
    """What draining costs: time."""
    if drained.roll is None or undrained.roll is None:
        return "no node was rolled"
    more_s = drained.roll.mean - undrained.roll.mean
    took = f"the drained roll took {seconds(drained.roll.mean)}"
    if abs(more_s) < _SAME_S:
        return f"{took}, as long as the undrained one"
    return f"{took}, {seconds(abs(more_s))} {'more' if more_s > 0 else 'less'} than the undrained one"


def _sentence(comparison: ArmsComparison, number: int, found: Conclusion) -> str:
    first, other = _side(comparison, 0), _side(comparison, number)
    name, of = other.arm.name, first.arm.name
    change = "worse" if other.outage.mean > first.outage.mean else "better"
    lead = {
        Conclusion.YES: f"Yes, {name} was {change} than {of}",
        Conclusion.NO_DIFFERENCE: f"No difference was shown between {name} and {of}",
        Conclusion.NOT_ENOUGH: f"There are not enough runs to say of {name} against {of}",
    }[found]
    return f"{lead}: {other.words}, {first.words}; {_sureness(comparison, number, found)}."


def _sureness(comparison: ArmsComparison, number: int, found: Conclusion) -> str:
    """How far the answer can be trusted, in numbers."""
    against = comparison.primary.against[number - 1]
    least = comparison.smallest_p(number)
    if found is Conclusion.NOT_ENOUGH or against is None or against.corrected_p is None:
        return _too_few(comparison, number, least)
    p = f"p = {number_p(against.corrected_p)}"
    if found is not Conclusion.NO_DIFFERENCE:
        lowest = least is not None and math.isclose(least, against.corrected_p)
        return f"{p}, the smallest that so many runs can give" if lowest else p
    interval = against.difference.interval
    if interval is not None:
        low, high = signed(PRIMARY, interval.low), signed(PRIMARY, interval.high)
        return f"{p}, and a difference from {low} to {high} of disruption fits these runs"
    if any(any(each.values) for each in comparison.primary.summaries if each):
        return p
    runs = min(len(comparison.arms.arms[each].runs) for each in (0, number))
    share = at_most_percent(share_upper(0, runs))
    return f"{p}, and up to {share} of such runs could still be disrupted"


def _too_few(comparison: ArmsComparison, number: int, least: float | None) -> str:
    arms = comparison.arms.arms
    runs = f"{len(arms[number].runs)} + {len(arms[0].runs)} runs"
    test = "no test can be made" if least is None else f"no p-value below {number_p(least)} is possible"
    return f"with {runs} {test}, so make {runs_needed(len(arms))} of each"


def runs_needed(arms: int) -> int:
    """Runs of each of so many arms from which a difference can be told at all."""
    runs = RUNS_MIN
    while not _small((smallest_p(runs, runs) or 1.0) * (arms - 1)):
        runs += 1
    return runs
