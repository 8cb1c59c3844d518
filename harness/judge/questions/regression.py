"""Did it become worse than in the earlier runs?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.judge.case import Case
from harness.judge.measures.figure_changes import FAILED, MEDIAN, OUTAGE, ROLL, STALL, TAIL
from harness.judge.model import Finding, Question, Verdict
from harness.judge.observations import FigureChange
from harness.judge.questions.answer import answer
from harness.judge.words import counted

NAME = "regression"

_WHAT = {
    FAILED: "failed requests",
    OUTAGE: "seconds of outage",
    STALL: "longest time without a success",
    ROLL: "time of the roll",
    MEDIAN: "median latency",
    TAIL: "p99 latency",
}


def asked(case: Case) -> bool:
    """Whether there are earlier runs to compare with."""
    return case.evidence.history is not None


def judge(case: Case) -> Question:
    """FAIL for each figure that is worse than the earlier runs explain; advisory unless the gate says so.

    INCONCLUSIVE where this run has no figures to compare: it did not complete, or the machine had no room.
    """
    found = [*_unfit(case), *(_worse(each, case) for each in case.figure_changes if each.worse)]
    return replace(answer(NAME, found, [_as_before(case)]), advisory=not case.evidence.gate.worse_fails)


def _unfit(case: Case) -> Iterator[Finding]:
    if not case.evidence.completed:
        yield _open("The run did not complete, so its figures can not be compared with those of whole runs.")
    elif case.saturation.throughout:
        yield _open("The machine had no room for the load, so figures of this run say nothing of Keystone.")


def _open(sentence: str) -> Finding:
    return Finding(sentence, Verdict.INCONCLUSIVE)


def _worse(change: FigureChange, case: Case) -> Finding:
    where = f" of {change.lane} in phase {change.phase}" if change.lane else ""
    family = sum(
        each.p_value is not None and (each.lane is None) is (change.lane is None)
        for each in case.figure_changes
    )
    return Finding(
        f"Worse than before: {_WHAT[change.measure]}{where} {amount(change, change.value)}, in "
        f"{counted(len(change.earlier), 'earlier run')} {span(change)}, {_change(change)}; a "
        f"further run like them is expected to stay under {amount(change, change.bound)} (95 % "
        f"prediction bound; {_p(change.p_value or 0.0)} after correction for "
        f"{counted(family, 'comparison')}).",
        Verdict.FAIL if case.evidence.completed and not case.saturation.throughout else Verdict.INCONCLUSIVE,
        phase=change.phase,
        lane=change.lane,
    )


def _as_before(case: Case) -> Finding:
    whole = [each for each in case.figure_changes if each.lane is None]
    told = ", ".join(f"{_WHAT[c.measure]} {amount(c, c.value)} ({span(c)})" for c in whole)
    runs = len(whole[0].earlier) if whole else 0
    return Finding(
        f"Not shown to be worse than {counted(runs, 'earlier run')}: {told}.",
        Verdict.PASS if whole else Verdict.INCONCLUSIVE,
    )


def what(change: FigureChange) -> str:
    """What was compared: `time of the roll`."""
    return _WHAT[change.measure]


def amount(change: FigureChange, value: float) -> str:
    """A figure with its unit."""
    if change.measure == FAILED:
        return f"{value:,.0f}"
    return f"{value:,.4g} ms" if change.measure in (MEDIAN, TAIL) else f"{value:,.3g} s"


def span(change: FigureChange) -> str:
    """The least and the most of the earlier runs."""
    least, most = min(change.earlier), max(change.earlier)
    return f"{amount(change, least)} to {amount(change, most)}"


def _change(change: FigureChange) -> str:
    if change.measure == FAILED or not change.mean:
        return f"{change.mean:.2g} on average"
    return f"{change.value / change.mean - 1:+.0%} against their mean"


def _p(value: float) -> str:
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.2g}"
