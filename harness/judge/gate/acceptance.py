"""Whether a finding is one that was accepted beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from harness.judge.gate_outcome import AcceptanceUse, Standing
from harness.judge.model import Finding, Question, Verdict
from harness.scenario.gate import Acceptance
from harness.scenario.pattern import occurs

WITHIN_BUDGET = "within the budget of "
"""How the reason begins for which a finding within its budgets does not count."""
_COUNTS = {Verdict.FAIL: False, Verdict.INCONCLUSIVE: True}
"""Which `inconclusive` an acceptance needs to cover a finding; what passed needs none."""


def covers(acceptance: Acceptance, question: str, finding: Finding) -> bool:
    """Whether everything that the acceptance names is true of the finding, whatever the date.

    What a finding does not tell, or tells of several, is not taken for what is named: an outage of two lanes
    is accepted by a pattern that both match, and by no name of one.
    """
    if question != acceptance.question or _COUNTS.get(finding.verdict) is not acceptance.inconclusive:
        return False
    if finding.of_the_harness:
        return False
    named = (
        (acceptance.phase, finding.phase),
        (acceptance.step, finding.step),
        (acceptance.node, finding.node),
    )
    return (
        all(wanted is None or wanted == found for wanted, found in named)
        and _lanes(acceptance, finding)
        and (acceptance.error is None or acceptance.error == finding.error)
        and (acceptance.pattern is None or occurs(acceptance.pattern, finding.sentence))
        and (acceptance.requests_max is None or (finding.requests or 0) <= acceptance.requests_max)
    )


def _lanes(acceptance: Acceptance, finding: Finding) -> bool:
    if acceptance.lane is None:
        return True
    lanes = finding.lanes or ((finding.lane,) if finding.lane else ())
    return bool(lanes) and all(fnmatchcase(lane, acceptance.lane) for lane in lanes)


def accept(question: Question, acceptances: Sequence[Acceptance], today: date) -> Question:
    """The question with its accepted findings marked, and with those told whose acceptance has lapsed."""
    return replace(
        question, findings=tuple(_marked(question, f, acceptances, today) for f in question.findings)
    )


def _marked(question: Question, finding: Finding, acceptances: Sequence[Acceptance], today: date) -> Finding:
    covering = [each for each in acceptances if covers(each, question.name, finding)]
    valid = [each for each in covering if not lapsed(each, today)]
    if valid:
        return replace(finding, accepted=because(valid[0]))
    if covering:
        told = f"{finding.sentence} It was accepted until {covering[0].until}: {_short(covering[0])}."
        return replace(finding, sentence=told)
    return finding


def lapsed(acceptance: Acceptance, today: date) -> bool:
    """Whether a run of that day, UTC, counts again what is accepted."""
    return today > acceptance.until


def _lapsed_words(found: Covered) -> str:
    """Only what nothing else of the gate takes counts again."""
    words = ""
    if found.counting:
        words += (
            f", and {found.counting} of its findings {'count' if found.counting != 1 else 'counts'} again"
        )
    if found.budgeted:
        words += f"; a budget takes {found.budgeted} of its findings"
    if found.accepted:
        words += f"; another acceptance covers {found.accepted} of them"
    return words + ("; the question only advises" if found.advisory else "")


def because(acceptance: Acceptance) -> str:
    """Reason, link and date, as a finding keeps them."""
    return f"{_short(acceptance)}, until {acceptance.until}"


def _short(acceptance: Acceptance) -> str:
    return f"{acceptance.reason.rstrip('.')} ({acceptance.link})"


def use(acceptance: Acceptance, questions: Sequence[Question], today: date) -> AcceptanceUse:
    """What became of it, from the questions before any finding was marked."""
    found = sum(covers(acceptance, question.name, f) for question in questions for f in question.findings)
    standing = Standing.LAPSED if lapsed(acceptance, today) else Standing.USED if found else Standing.UNUSED
    return AcceptanceUse(
        question=acceptance.question,
        what=", ".join(f"{name} {value}" for name, value in acceptance.narrows.items()),
        reason=acceptance.reason,
        link=acceptance.link,
        until=acceptance.until.isoformat(),
        standing=standing,
        findings=found,
    )


@dataclass(frozen=True, slots=True)
class Covered:
    """What became of the findings that an acceptance covers, or would if it had not lapsed."""

    counting: int
    budgeted: int
    accepted: int
    """By another acceptance, where this one has lapsed."""
    advisory: int
    """Of a question that only advises, which counts for nothing."""


def covered(acceptance: Acceptance, before: Sequence[Question], after: Sequence[Question]) -> Covered:
    """Follow them through the gate; `before` and `after` are the same questions, in one order."""
    pairs = [
        (question.advisory, gated.accepted)
        for question, marked in zip(before, after, strict=True)
        for finding, gated in zip(question.findings, marked.findings, strict=False)
        if covers(acceptance, question.name, finding)
    ]
    taken = [reason for advisory, reason in pairs if not advisory]
    return Covered(
        counting=taken.count(None),
        budgeted=sum(is_budgeted(reason) for reason in taken),
        accepted=sum(reason is not None and not is_budgeted(reason) for reason in taken),
        advisory=len(pairs) - len(taken),
    )


def is_budgeted(reason: str | None) -> bool:
    """Whether it is a budget for which a finding does not count."""
    return (reason or "").startswith(WITHIN_BUDGET)


def note(used: AcceptanceUse, found: Covered) -> str | None:
    """What whoever keeps the gate has to do about it; None where nothing."""
    named = f"The acceptance of {used.question} ({used.what}; {used.link})"
    if used.standing is Standing.LAPSED:
        return f"{named} lapsed on {used.until}{_lapsed_words(found)}; remove it, or decide anew."
    if used.standing is Standing.UNUSED:
        return f"{named} covers nothing in this run; remove it if what it accepts is gone."
    return None
