"""The one sentence that a manager reads."""

from __future__ import annotations

from collections.abc import Sequence

from harness.evidence.names import Step
from harness.judge import old_data
from harness.judge.case import Case
from harness.judge.downtime import Downtime, Outage
from harness.judge.gate.apply import let_through_words
from harness.judge.gate_outcome import GateOutcome
from harness.judge.model import Finding, Question, Verdict
from harness.judge.questions import AVAILABILITY, INTEGRITY, PROCEDURE
from harness.judge.questions.availability import untold
from harness.judge.questions.procedure.locks import LOCK_WAIT
from harness.judge.unshown import has_one_node, nothing_migrated
from harness.judge.words import REFUSED, at_most_seconds, counted, listed

_STOPPED = frozenset({Step.STOP, Step.SWITCH, Step.START, Step.PROVE})


def headline(case: Case, verdict: Verdict, questions: Sequence[Question], gate: GateOutcome) -> str:
    """Whether there was downtime, and how much; else why nothing can be said; and under which bounds."""
    if verdict is Verdict.PASS and gate.let_through:
        told = _let_through(case, questions, gate)
    else:
        told = _told(case, verdict, questions)
        told += f" Not counted: {let_through_words(gate)}." if gate.let_through else ""
    return " ".join(part for part in (told, other_bounds(case), gate.other) if part)


def _let_through(case: Case, questions: Sequence[Question], gate: GateOutcome) -> str:
    """A pass that the gate made one: what failed comes first, and nothing is called without downtime."""
    passes = f"Passes with {let_through_words(gate)}"
    accepted = [f for q in questions if not q.advisory for f in q.findings if f.accepted is not None]
    failed = [f for q in questions if q.name == AVAILABILITY for f in q.findings if f.accepted is not None]
    if case.downtime.charged:
        return f"{passes}, not without disruption: {_outages(case)}; {_what(case)}."
    if failed or case.downtime.total:
        return f"{passes}, not without disturbance: {(failed or accepted)[0].sentence}"
    return f"{passes}: {accepted[0].sentence} Besides, {_none_failed(case)}"


def other_bounds(case: Case) -> str:
    """Says so where the bounds are others than the run was made with; empty where they are not."""
    if not case.evidence.other_bounds:
        return ""
    return f"Judged under other bounds than the run was made with: {', '.join(case.evidence.other_bounds)}."


def _told(case: Case, verdict: Verdict, questions: Sequence[Question]) -> str:
    if verdict is Verdict.PASS:
        return _no_downtime(case)
    if verdict is Verdict.INCONCLUSIVE:
        return _not_proven(questions)
    failed = {question.name for question in questions if question.verdict is Verdict.FAIL}
    if AVAILABILITY not in failed:
        return _failed(questions)
    as_well = _procedure_as_well(questions) if PROCEDURE in failed else ""
    as_well += ", and acknowledged writes are not in force" if INTEGRITY in failed else ""
    told = _downtime(case, questions)
    return f"{told[0].upper()}{told[1:]}{as_well}."


def headline_of(verdict: Verdict, questions: Sequence[Question]) -> str:
    """The headline where no figure of the run can be told: what the questions say first."""
    return _failed(questions) if verdict is Verdict.FAIL else _not_proven(questions)


def _failed(questions: Sequence[Question]) -> str:
    """What failed first; that a lock held somebody up is no upgrade that failed, nor is what was refused."""
    first = _findings(questions, Verdict.FAIL)[0]
    told = first.error == LOCK_WAIT or first.sentence.startswith(REFUSED)
    return first.sentence if told else f"The upgrade failed: {first.sentence}"


def _procedure_as_well(questions: Sequence[Question]) -> str:
    procedure = [question for question in questions if question.name == PROCEDURE]
    locks_alone = all(finding.error == LOCK_WAIT for finding in _findings(procedure, Verdict.FAIL))
    return ", and a lock held Keystone up" if locks_alone else ", and the procedure failed as well"


def _sent(case: Case) -> int:
    return case.counts.sent


def _no_downtime(case: Case) -> str:
    exercised = old_data.exercised(case.evidence)
    return f"No downtime was seen: {_none_failed(case)}" + (f" {exercised}" if exercised else "")


def _none_failed(case: Case) -> str:
    detectable_s, silence_s = case.detectable.lane_s or 0.0, case.whole_silences.bound_s or 0.0
    return (
        f"0 of {counted(_sent(case), 'request')} failed while {_what(case)}; "
        f"failures of one operation for longer than {at_most_seconds(detectable_s)}, or silence towards "
        f"everybody for longer than {at_most_seconds(silence_s)}, would have been seen."
    )


def _what(case: Case) -> str:
    manifest = case.evidence.manifest
    if not case.evidence.upgrades:
        return "nothing was upgraded"
    went = f"{counted(len(manifest.nodes), 'node')} went from {manifest.from_.version} to "
    return (
        f"{went}{manifest.to.version}{', with nothing to migrate' if nothing_migrated(case.evidence) else ''}"
    )


def _downtime(case: Case, questions: Sequence[Question]) -> str:
    downtime = case.downtime
    if not downtime.charged:  # a silence: every request was answered in the end
        available = [question for question in questions if question.name == AVAILABILITY]
        longest = max(_findings(available, Verdict.FAIL), key=lambda finding: finding.lasted_ns)
        return longest.sentence.rstrip(".")
    return f"{_outages(case)}{_nobody(case)}"


def _nobody(case: Case) -> str:
    """The longest time without an answer to anybody, which no count of failures tells."""
    lengths = [silence.length_s for silence in untold(case) if silence.charged]
    return f"; nobody was answered for {max(lengths):.1f} s" if lengths else ""


def _outages(case: Case) -> str:
    downtime = case.downtime
    charged = [outage for outage in downtime.outages if outage.charged]
    longest = f", the longest {downtime.longest_s:.1f} s" if downtime.charged > 1 else ""
    return (
        f"disrupted {_times(downtime.charged)}, at most {downtime.charged_s:.1f} s in all{longest}: "
        f"{downtime.failed_charged:,} of {counted(_sent(case), 'request')} failed, {_share(downtime)}; "
        f"{_when(charged, downtime.followed, alone=has_one_node(case.evidence))}"
    )


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _share(downtime: Downtime) -> str:
    """How much of what was due then failed, and whether anything succeeded."""
    failed, due, down = downtime.failed_of_due, downtime.due, downtime.down
    share = "all" if failed == due else f"{failed / due:.0%}" if due else "an unknown share"
    lasted = sum(outage.inner_s for outage in down)
    never = f"{_times(len(down))} down, for {lasted:.1f} s at least" if down else "never down"
    return f"{share} of those due meanwhile; {never}"


def _when(outages: Sequence[Outage], followed: str | None, *, alone: bool) -> str:
    every = "all " if len(outages) > 1 else ""
    if followed is not None:
        return f"every failure was answered by release {followed}, none by the other"
    if all(outage.step in _STOPPED for outage in outages):
        several = "a node was" if len(outages) == 1 else "nodes were"
        return f"{every}while {'the only node was' if alone else several} stopped"
    phases = list(dict.fromkeys(outage.phase or "unknown" for outage in outages))
    return f"{every}in {'phase' if len(phases) == 1 else 'the phases'} {listed(phases)}"


def _not_proven(questions: Sequence[Question]) -> str:
    reasons = _sentences(questions, Verdict.INCONCLUSIVE)
    more = f" ({counted(len(reasons) - 1, 'more reason')})" if len(reasons) > 1 else ""
    return f"Not proven: {reasons[0].rstrip('.')}{more}."


def _sentences(questions: Sequence[Question], verdict: Verdict) -> list[str]:
    return [finding.sentence for finding in _findings(questions, verdict)]


def _findings(questions: Sequence[Question], verdict: Verdict) -> list[Finding]:
    return [
        finding
        for question in questions
        for finding in question.findings
        if finding.verdict is verdict and finding.accepted is None and not question.advisory
    ]
