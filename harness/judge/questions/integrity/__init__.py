"""Is every acknowledged write still there?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harness.evidence.ledger import Kind, Stage, Write
from harness.evidence.names import Outcome
from harness.judge.case import Case
from harness.judge.evidence import Evidence
from harness.judge.expected import is_deletion
from harness.judge.measures.resolutions import Fate, resolutions
from harness.judge.measures.sights import Fault, Sight, known_id, sights, where
from harness.judge.measures.writes import last, proven, was_asked
from harness.judge.model import Finding, Question, Verdict
from harness.judge.questions.answer import answer
from harness.judge.questions.integrity import evidence_gaps, refused
from harness.judge.questions.integrity.wording import FINDINGS_MAX, KINDS, VERBS
from harness.judge.timeline import phase_at, step_at
from harness.judge.words import counted, listed, was_were

NAME = "integrity"


def asked(case: Case) -> bool:
    """Whether the run was to read its writes back."""
    return was_asked(case.evidence)


def judge(case: Case) -> Question:
    """FAIL for every acknowledged write that is lost, undone, wrong or there twice, whatever the uptime.

    INCONCLUSIVE where the ledger or a read-back is missing or not whole.
    """
    evidence = case.evidence
    found = [*_faults(evidence), *evidence_gaps.check(evidence), *refused.told(evidence)]
    return answer(NAME, found, [_all_there(evidence)])


def _faults(evidence: Evidence) -> Iterator[Finding]:
    groups: dict[tuple[Fault, Kind, str], list[Sight]] = {}
    for read_back in evidence.ledger.read_backs:
        for sight in sights(read_back):
            groups.setdefault((sight.fault, sight.entity.kind, sight.entity.name), []).append(sight)
    for seen in list(groups.values())[:FINDINGS_MAX]:
        yield _finding(evidence, seen)
    more = len(groups) - FINDINGS_MAX
    if more > 0:
        yield Finding(
            f"Besides these {FINDINGS_MAX}, {counted(more, 'more entity', 'more entities')} {was_were(more)} "
            "found lost, resurrected, wrong or duplicated.",
            Verdict.FAIL,
        )


def _finding(evidence: Evidence, seen: list[Sight]) -> Finding:
    sight = seen[0]
    write = _deciding(sight)
    at_ns = write.completed_ns or write.invoked_ns if write else None
    phase = phase_at(evidence.windows, at_ns) if at_ns is not None else None
    step = step_at(evidence.timeline, at_ns) if at_ns is not None else None
    kind, entity_id = sight.entity.kind, known_id(sight.entity)
    named = f"{KINDS[kind]} {sight.entity.name}" + (f" (id {entity_id})" if entity_id else "")
    whose = f", {_whose(evidence, write, phase)}," if write else ""
    return Finding(
        f"{named}{whose} {_complaint(sight.fault)}: {_places(evidence, seen)}.",
        Verdict.FAIL,
        phase=phase,
        step=step.step if step else None,
        node=write.node if write else None,
        release=write.release if write else None,
        lane=write.lane if write else None,
        error=str(sight.fault),
        start_ns=at_ns,
        requests=1,
    )


def _deciding(sight: Sight) -> Write | None:
    """The acknowledged write that is not honoured: the last one, of what is back the last deletion."""
    kind = sight.entity.kind
    acknowledged = [write for write in sight.entity.writes if write.outcome == Outcome.OK]
    if sight.fault is Fault.RESURRECTED:
        acknowledged = [write for write in acknowledged if is_deletion(write, kind)]
    return acknowledged[-1] if acknowledged else None


def _whose(evidence: Evidence, write: Write, phase: str | None) -> str:
    by = f"{write.node} on {write.release}" if write.node else "a node"
    when = evidence.seconds(write.completed_ns or write.invoked_ns)
    during = f" (phase {phase}, request {write.request_id})" if phase else f" (request {write.request_id})"
    return f"whose {VERBS[write.op]} {by} acknowledged {when}{during}"


def _complaint(fault: Fault) -> str:
    return {
        Fault.LOST: "is lost",
        Fault.RESURRECTED: "is back",
        Fault.WRONG: "is wrong",
        Fault.DUPLICATED: "is there twice",
    }[fault]


def _places(evidence: Evidence, seen: list[Sight]) -> str:
    """Per stage and what is wrong: in which views."""
    views: dict[tuple[Stage, str], list[str]] = {}
    for sight in seen:
        views.setdefault((sight.stage, sight.what), []).append(where(sight.view))
    verb = {Fault.LOST: "not found", Fault.RESURRECTED: "found", Fault.DUPLICATED: "found"}.get(seen[0].fault)
    return "; ".join(
        f"{_after(evidence, stage)} {what or verb} {listed(dict.fromkeys(places))}"
        for (stage, what), places in views.items()
    )


def _all_there(evidence: Evidence) -> Finding:
    read_back = last(evidence.ledger)
    if read_back is None:  # `evidence_gaps` has told so
        return Finding("Nothing was read back.", Verdict.INCONCLUSIVE)
    writes = [write for write in proven(read_back) if write.outcome == Outcome.OK]
    kinds = [
        counted(len({w.name for w in writes if w.kind is kind}), noun)
        for kind, noun in ((Kind.USER, "user"), (Kind.PROJECT, "project"), (Kind.GRANT, "role grant"))
        if any(w.kind is kind for w in writes)
    ]
    stages = listed(_after(evidence, each.stage) for each in evidence.ledger.read_backs)
    looked = [each.found.get(view) for each in read_back.entities for view in read_back.views[:1]]
    logins = sum(bool(found and found.logins) for found in looked)
    views = listed(where(view) for view in read_back.views)
    return Finding(
        f"All {counted(len(writes), 'acknowledged write')} to {listed(kinds)} were in force {stages}, "
        f"{views}; the passwords of {counted(logins, 'user')} were tried there"
        f"{_unknown(evidence)}{_later(evidence, len(writes))}.",
        Verdict.PASS,
        requests=len(writes),
    )


def _after(evidence: Evidence, stage: Stage) -> str:
    if stage is Stage.ROLL:
        return "after the roll"
    return "after contract" if evidence.upgrades else "at the end"


def _unknown(evidence: Evidence) -> str:
    read_back = last(evidence.ledger)
    fates = Counter(each.fate for each in resolutions(read_back)) if read_back else Counter[Fate]()
    if not fates:
        return "; no write was left in doubt"
    done, undone = fates[Fate.CARRIED_OUT], fates[Fate.NOT_CARRIED_OUT]
    return (
        f"; of {counted(fates.total(), 'write')} of unknown outcome {done:,} {was_were(done)} carried out, "
        f"{undone:,} not, and {fates[Fate.IN_DOUBT]:,} can not be told"
    )


def _later(evidence: Evidence, told: int) -> str:
    """Writes that the last read-back does not speak of."""
    later = sum(write.outcome == Outcome.OK for write in evidence.ledger.writes) - told
    return f"; {counted(later, 'acknowledged write')} came too late to be read back" if later > 0 else ""
