"""Did it become worse than in the earlier runs?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.judge.earlier.compare import FAILED, MEDIAN, OUTAGE, ROLL, STALL, TAIL, Comparison
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Question, Verdict
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


def asked(evidence: Evidence) -> bool:
    """Whether there are earlier runs to compare with."""
    return evidence.earlier is not None


def judge(evidence: Evidence) -> Question:
    """FAIL for each figure that is worse than the earlier runs explain; advisory unless the gate says so.

    INCONCLUSIVE where this run has no figures to compare: it did not complete, or the machine had no room.
    """
    found = [*_unfit(evidence), *(_worse(each, evidence) for each in evidence.regressions if each.worse)]
    return replace(answer(NAME, found, [_as_before(evidence)]), advisory=not evidence.gate.worse_fails)


def _unfit(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.completed:
        yield _open("The run did not complete, so its figures can not be compared with those of whole runs.")
    elif evidence.room.none:
        yield _open("The machine had no room for the load, so figures of this run say nothing of Keystone.")


def _open(sentence: str) -> Finding:
    return Finding(sentence, Verdict.INCONCLUSIVE)


def _worse(comparison: Comparison, evidence: Evidence) -> Finding:
    where = f" of {comparison.lane} in phase {comparison.phase}" if comparison.lane else ""
    family = sum(
        each.p_value is not None and (each.lane is None) is (comparison.lane is None)
        for each in evidence.regressions
    )
    return Finding(
        f"Worse than before: {_WHAT[comparison.measure]}{where} {amount(comparison, comparison.value)}, in "
        f"{counted(len(comparison.earlier), 'earlier run')} {span(comparison)}, {_change(comparison)}; a "
        f"further run like them is expected to stay under {amount(comparison, comparison.bound)} (95 % "
        f"prediction bound; {_p(comparison.p_value or 0.0)} after correction for "
        f"{counted(family, 'comparison')}).",
        Verdict.FAIL if evidence.completed and not evidence.room.none else Verdict.INCONCLUSIVE,
        phase=comparison.phase,
        lane=comparison.lane,
    )


def _as_before(evidence: Evidence) -> Finding:
    whole = [each for each in evidence.regressions if each.lane is None]
    told = ", ".join(f"{_WHAT[c.measure]} {amount(c, c.value)} ({span(c)})" for c in whole)
    runs = len(whole[0].earlier) if whole else 0
    return Finding(
        f"Not shown to be worse than {counted(runs, 'earlier run')}: {told}.",
        Verdict.PASS if whole else Verdict.INCONCLUSIVE,
    )


def what(comparison: Comparison) -> str:
    """What was compared: `time of the roll`."""
    return _WHAT[comparison.measure]


def amount(comparison: Comparison, value: float) -> str:
    """A figure with its unit."""
    if comparison.measure == FAILED:
        return f"{value:,.0f}"
    return f"{value:,.4g} ms" if comparison.measure in (MEDIAN, TAIL) else f"{value:,.3g} s"


def span(comparison: Comparison) -> str:
    """The least and the most of the earlier runs."""
    least, most = min(comparison.earlier), max(comparison.earlier)
    return f"{amount(comparison, least)} to {amount(comparison, most)}"


def _change(comparison: Comparison) -> str:
    if comparison.measure == FAILED or not comparison.mean:
        return f"{comparison.mean:.2g} on average"
    return f"{comparison.value / comparison.mean - 1:+.0%} against their mean"


def _p(value: float) -> str:
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.2g}"
