"""Was anyone refused or kept waiting?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.evidence.names import Error, Role
from harness.evidence.requests import Records
from harness.judge.case import Case
from harness.judge.codes import UNSENT, count
from harness.judge.downtime import Outage
from harness.judge.evidence import due
from harness.judge.measures.stalls import shared_by_reference
from harness.judge.measures.whole_silences import WholeSilence
from harness.judge.model import Finding, Question, Verdict
from harness.judge.overdue import overdue
from harness.judge.questions.answer import answer
from harness.judge.timeline import phase_at, step_at
from harness.judge.words import at_most_seconds, counted, listed, percent, was_were
from harness.statistics.bounds import error_rate_upper

NAME = "availability"


def judge(case: Case) -> Question:
    """FAIL for every outage, every time in which nobody at all was answered, and every stall over the budget
    that may be charged to the upgrade.

    What `harness.judge.measures.saturation` excuses is INCONCLUSIVE; so is a run in which nothing was sent.
    """
    found = [*_outages(case), *_silences(case), *_stalls(case)]
    return answer(NAME, [*found, *_excuse(case, found), *_overdue(case)], [_all_well(case)])


def _outages(case: Case) -> Iterator[Finding]:
    downtime = case.downtime
    for outage in downtime.outages:
        yield _finding(case, outage)
    unlisted = downtime.total - len(downtime.outages)
    if unlisted:
        charged = downtime.charged > sum(outage.charged for outage in downtime.outages)
        yield Finding(
            f"Besides these there were {counted(unlisted, 'shorter disruption')}; only the "
            f"{len(downtime.outages)} longest are told one by one.",
            Verdict.FAIL if charged else Verdict.INCONCLUSIVE,
        )


def _finding(case: Case, outage: Outage) -> Finding:
    only_lane = outage.lanes[0] if len(outage.lanes) == 1 else None
    return Finding(
        sentence=_sentence(case, outage),
        verdict=Verdict.FAIL if outage.charged else Verdict.INCONCLUSIVE,
        phase=outage.phase,
        step=outage.step,
        node=outage.node,
        release=outage.release,
        lane=only_lane,
        error=outage.errors[0][0] if len(outage.errors) == 1 else None,
        start_ns=outage.start_ns,
        end_ns=outage.end_ns,
        uncertainty_ns=outage.uncertainty_ns,
        inner_start_ns=outage.inner_start_ns,
        inner_end_ns=outage.inner_end_ns,
        requests=outage.requests,
        lanes=outage.lanes,
    )


def _sentence(case: Case, outage: Outage) -> str:
    errors = listed(f"{number:,} {error}" for error, number in outage.errors)
    end = "; no success followed" if outage.open_ended else ""
    word = "Down" if outage.down else "Disrupted"
    return (
        f"{word} from {case.evidence.seconds(outage.start_ns)}, for at least {outage.inner_s:.2f} s and at "
        f"most {outage.duration_s:.2f} s: {outage.requests:,} of {counted(outage.due, 'request')} failed "
        f"({errors}) in {listed(outage.lanes)}{end}; {outage.cause}."
    )


def _silences(case: Case) -> Iterator[Finding]:
    """Stretches in which nobody at all was answered; one that an outage tells as a whole is told by that."""
    bound_s = case.whole_silences.bound_s or 0.0
    for silence in untold(case):
        yield _silence(case, silence, bound_s)


def untold(case: Case) -> list[WholeSilence]:
    """Silences of everybody that no disruption tells as a whole."""
    outages = case.downtime.outages
    return [s for s in case.whole_silences.stretches if not any(_covers(outage, s) for outage in outages)]


def _covers(outage: Outage, silence: WholeSilence) -> bool:
    return outage.start_ns <= silence.start_ns and silence.end_ns <= outage.end_ns + outage.uncertainty_ns


def _silence(case: Case, silence: WholeSilence, bound_s: float) -> Finding:
    step = step_at(case.evidence.timeline, silence.start_ns)
    return Finding(
        sentence=(
            f"Nobody was answered for {silence.length_s:.2f} s although requests were due, from "
            f"{case.evidence.seconds(silence.start_ns)}, in {listed(silence.lanes)}; "
            f"the bound is {bound_s:g} s{_beside(silence.reference_s)}{_already(case)}; "
            f"{_in_the_end(silence)}."
        ),
        verdict=Verdict.FAIL if silence.charged else Verdict.INCONCLUSIVE,
        phase=phase_at(case.evidence.windows, silence.start_ns),
        step=step.step if step else None,
        node=step.node if step else None,
        lane=silence.lanes[0] if len(silence.lanes) == 1 else None,
        start_ns=silence.start_ns,
        end_ns=silence.end_ns,
        inner_start_ns=_first_due_ns(case, silence.lanes, silence.start_ns, silence.end_ns),
        inner_end_ns=silence.end_ns,
        lanes=silence.lanes,
    )


def _in_the_end(silence: WholeSilence) -> str:
    """Which of the two definitions it breaks."""
    if silence.failed:
        return f"{counted(silence.failed, 'request')} due then failed"
    return "all were answered in the end: by its letter zero downtime allows that, zero impact does not"


def _already(case: Case) -> str:
    before_s = case.whole_silences.baseline_s
    return f"; in the baseline nobody was answered for {before_s:.2f} s" if before_s else ""


def _beside(shared_s: float | None) -> str:
    return "" if shared_s is None else f"; the reference target had none for {shared_s:.2f} s of it either"


def _stalls(case: Case) -> Iterator[Finding]:
    """Stretches over the budget without a success although requests were due.

    One that an outage of its lane overlaps is told by that outage.
    """
    for number in case.evidence.lanes():
        silence = case.silences[number]
        outages = case.charged_failures.of_lane(number) if silence.stalls else []
        for start_ns, end_ns in silence.stalls:
            if not any(o.start_ns <= end_ns and o.end_ns >= start_ns for o in outages):
                yield _stall(case, number, silence.budget_s, start_ns, end_ns)


def _stall(case: Case, number: int, budget_s: float, start_ns: int, end_ns: int) -> Finding:
    lane, rate_hz = case.evidence.requests.lanes[number].lane, case.evidence.requests.lanes[number].rate_hz
    step = step_at(case.evidence.timeline, start_ns)
    shared_s = shared_by_reference(case.evidence, case.silences, start_ns, end_ns)
    excused = shared_s is not None or case.saturation.excuses(number, start_ns, end_ns)
    return Finding(
        sentence=(
            f"{lane} had no success for {(end_ns - start_ns) / 1e9:.2f} s although requests were due, from "
            f"{case.evidence.seconds(start_ns)}; the budget is {budget_s:g} s{_beside(shared_s)}."
        ),
        verdict=Verdict.INCONCLUSIVE if excused else Verdict.FAIL,
        phase=phase_at(case.evidence.windows, start_ns),
        step=step.step if step else None,
        node=step.node if step else None,
        lane=lane,
        start_ns=start_ns,
        end_ns=end_ns,
        inner_start_ns=_first_due_ns(case, [lane], start_ns, end_ns),
        inner_end_ns=end_ns,
        uncertainty_ns=round(1e9 / rate_hz) if rate_hz else None,
    )


def _first_due_ns(case: Case, lanes: Collection[str], start_ns: int, end_ns: int) -> int:
    """When the first request was due that found nobody answering; what was under way before may have taken
    its time on a sound service.
    """
    evidence = case.evidence
    numbers = [number for number in evidence.lanes() if evidence.requests.lanes[number].lane in lanes]
    firsts = [due(evidence.judged(number), start_ns, end_ns).intended_ns[:1] for number in numbers]
    return min((int(first[0]) for first in firsts if len(first)), default=start_ns)


def _excuse(case: Case, found: list[Finding]) -> Iterator[Finding]:
    """Why what was found is not charged."""
    excused = sum(finding.verdict is Verdict.INCONCLUSIVE for finding in found)
    if excused:
        yield Finding(
            f"{counted(excused, 'disruption or stall', 'disruptions or stalls')} can not be charged to the "
            f"upgrade: {_reason(case) or 'the machine stalled as well, as the reference target shows'}.",
            Verdict.INCONCLUSIVE,
        )


def _reason(case: Case) -> str:
    saturation = case.saturation
    if saturation.throughout:
        return "the machine had no room for the load even before the upgrade began"
    reasons = []
    if saturation.baseline.failures:
        lanes = listed(
            case.evidence.requests.lanes[number].lane for number, _ in saturation.baseline.failures
        )
        reasons.append(f"{lanes} failed even before the upgrade began")
    if case.evidence.machine_died is not None:
        reasons.append(case.evidence.machine_died.words)
    if saturation.starved.total_s:
        reasons.append("the machine was starved at that moment")
    if case.whole_silences.baseline_s:
        reasons.append("nobody was answered for as long even before the upgrade began")
    return " or ".join(reasons)


def _overdue(case: Case) -> Iterator[Finding]:
    """Requests that the generator called ok and that took too long to be: a sentence for each lane."""
    for number in case.evidence.lanes():
        records = case.evidence.judged(number)
        late = records.at(overdue(records))
        if not len(late):
            continue
        lane = case.evidence.requests.lanes[number]
        charged = bool(case.saturation.charged(number, late).any())
        yield Finding(
            f"{counted(len(late), 'request')} in {lane.lane} {was_were(len(late))} answered well after the "
            f"deadline of {lane.deadline_s:g} s, the slowest after "
            f"{_longest_s(late):.2f} s; too late is a failure (timeout).",
            Verdict.FAIL if charged else Verdict.INCONCLUSIVE,
            lane=lane.lane,
            error=Error.TIMEOUT,
            requests=len(late),
        )


def _longest_s(late: Records) -> float:
    return float((late.end_ns - late.start_ns).max()) / 1e9


def _all_well(case: Case) -> Finding:
    sent = case.counts.sent
    probes = sum(count(case.evidence.judged(n).outcome != UNSENT) for n in case.evidence.lanes(Role.PROBE))
    upper = error_rate_upper(0, probes)
    if upper is None:
        return Finding(
            "No probe was sent in the probed phases, so nothing is known of availability.",
            Verdict.INCONCLUSIVE,
        )
    if not case.evidence.completed:
        return Finding(
            f"None of {counted(sent, 'request')} failed, but the run did not complete: of the rest of the "
            "upgrade nothing is known.",
            Verdict.INCONCLUSIVE,
            requests=sent,
        )
    lane_s, whole_s = case.detectable.lane_s or 0.0, case.detectable.whole_s or 0.0
    silence_s = case.whole_silences.bound_s or 0.0
    return Finding(
        f"None of {counted(sent, 'request')} failed, {probes:,} of them probes on a fixed schedule: with "
        f"95 % confidence fewer than {percent(upper)} of all probes together fail (rule of three: "
        f"3/{probes:,}); failures of one operation for longer than {at_most_seconds(lane_s)}, or of "
        f"all for longer than {at_most_seconds(whole_s)}, and silence towards everybody for longer than "
        f"{at_most_seconds(silence_s)} would have been seen.",
        Verdict.PASS,
        requests=sent,
    )
