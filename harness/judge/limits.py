"""What a run can not prove, however it came out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from harness.evidence.names import RENEWALS, Ability, Role
from harness.judge import old_data
from harness.judge.case import Case
from harness.judge.codes import sent
from harness.judge.evidence import Evidence
from harness.judge.headline import other_bounds
from harness.judge.impossible import impossible
from harness.judge.model import Question, Verdict
from harness.judge.observations import LoggedErrors
from harness.judge.questions import continuity, integrity
from harness.judge.unshown import unshown
from harness.judge.words import at_most_seconds, counted, listed, was_were

_NO_INTEGRITY = (
    "That every write which was acknowledged is still there is not proven: the question of integrity was not "
    "asked."
)
_NO_IMPACT = (
    "That answers were as quick as before is not proven: latencies are shown, and the question of impact was "
    "not asked."
)
_NO_CONTINUITY = (
    "That tokens, users and roles made on one release are honoured by the other is not proven: the question "
    "of continuity was not asked."
)
_SAMPLES_MIN = 2
"""Of the balancer's counters: they only tell anything as a difference."""
_PRODUCTION_ROUNDS = 12
"""bcrypt rounds of a usual production cloud; each one fewer halves the time of a login."""


def limits(case: Case, questions: Iterable[Question] = ()) -> tuple[str, ...]:
    """A sentence for each thing that this run leaves open; what was accepted as open comes first."""
    sentences = [
        f"Not proven, and accepted as such: {finding.sentence}"
        for question in questions
        for finding in question.findings
        if finding.verdict is Verdict.INCONCLUSIVE and finding.accepted is not None
    ]
    sentences.append(_integrity(case))
    if not continuity.asked(case):
        sentences.append(_NO_CONTINUITY)
    sentences += old_data.limits(case.evidence)
    if case.impact_bounds is None:
        sentences.append(_NO_IMPACT)
    outside = case.counts.not_judged_failed
    if outside:
        sentences.append(
            f"{counted(outside, 'request')} that {was_were(outside)} due before the first probed phase or "
            "after the last did not succeed; these are counted, and not judged."
        )
    lane_s, whole_s = case.detectable.lane_s, case.detectable.whole_s
    if lane_s is not None and whole_s is not None:
        sentences.append(
            f"An outage of one operation shorter than {at_most_seconds(lane_s)}, or of all operations "
            f"shorter than {at_most_seconds(whole_s)}, may have gone unseen between two probes."
        )
    sentences += impossible(case.evidence)
    sentences += unshown(case.evidence)
    sentences += _masked(case)
    sentences += _no_log(case)
    sentences += _node_errors(case)
    sentences += _beside(case)
    rounds = case.evidence.scenario.deployment.password_hash_rounds
    if rounds is not None and rounds < _PRODUCTION_ROUNDS:
        sentences.append(
            f"Passwords were hashed with {rounds} bcrypt rounds, so logins cost less than in a production "
            "cloud."
        )
    if not case.evidence.seal.exists:
        sentences.append(_no_seal(case))
    if case.evidence.other_bounds:
        sentences.append(other_bounds(case))
    return tuple(sentences)


def _no_seal(case: Case) -> str:
    return (
        f"This run has no seal ({_why_not_sealed(case.evidence)}): what was taken out of its files or "
        "changed in them is noticed only where they contradict one another."
    )


def _why_not_sealed(evidence: Evidence) -> str:
    if evidence.running:
        return "it still goes on"
    if evidence.manifest.outcome is None:
        return "its harness died before it closed it"
    return "it is gone" if evidence.seal_due else "it is from before there were seals"


def _integrity(case: Case) -> str:
    if not integrity.asked(case):
        return _NO_INTEGRITY
    return (
        "Writes made after the last read-back began are not proven, of passwords only a sample was tried, "
        "and what was there before the run was not read back."
    )


def _masked(case: Case) -> list[str]:
    """What the balancer kept from its clients; one that talks to the nodes directly would have met it."""
    masked, damaged = case.masked_failures, case.evidence.balancer.damaged
    if case.evidence.manifest.lacks(Ability.BALANCER_COUNTERS):
        return []  # told with what else was not possible
    if masked.samples < _SAMPLES_MIN:
        return ["What the balancer kept from its clients is not known: its counters were not sampled."]
    retried, redispatched = masked.total("retried"), masked.total("redispatched")
    sentences = []
    if damaged:
        sentences.append(
            f"{counted(damaged, 'line')} of the balancer's samples cannot be read: what it kept from its "
            "clients then is not known."
        )
    if retried or redispatched:
        sentences.append(
            f"The balancer masked failures: it tried {counted(retried, 'connection')} again and moved "
            f"{counted(redispatched, 'request')} to another node; no client saw them, and they are not "
            "counted as failures."
        )
    if masked.restarts:
        sentences.append(
            f"The balancer's counters went back {counted(masked.restarts, 'time')}, as after a restart: what "
            "it had masked since the last sample is not known."
        )
    return sentences


def _no_log(case: Case) -> list[str]:
    """The balancer's log is another program's word on each request; without it there is only the client's."""
    log = case.evidence.balancer_log
    if log.sealed:
        return []  # what is gone of it, or changed, is a gap
    why = "is not under the run's seal" if log.exists else "is not among the run's files"
    return [
        f"The balancer's log {why}, so that no other program's word stands for the answers that the clients "
        "saw."
    ]


def _node_errors(case: Case) -> list[str]:
    """What nodes themselves said went wrong; their logs are under no seal, and an error need hurt nobody."""
    return [
        f"In phase {phase} {listed(_logged(row) for row in rows)}; nothing is concluded from that. The "
        f"first: {rows[0].first}"
        for phase, of_phase in groupby(case.node_errors, key=lambda row: row.phase)
        if (rows := list(of_phase))
    ]


def _logged(row: LoggedErrors) -> str:
    return f"{row.node} logged {counted(row.errors, 'error')} ({row.baseline or 'none'} in the baseline)"


def _beside(case: Case) -> list[str]:
    """What was not there beside the probes."""
    sentences = []
    load = case.evidence.lanes(Role.LOAD, Role.CLIENT)
    if not any(sent(case.evidence.judged(number)).any() for number in load if not _is_renewal(case, number)):
        sentences.append("There was no load beside the probes, so this was no upgrade under load.")
    if not case.evidence.lanes(Role.REFERENCE):
        sentences.append(
            "No known-good target was probed, so a machine that stood still is told from Keystone by the "
            "generator's lag alone."
        )
    return sentences


def _is_renewal(case: Case, number: int) -> bool:
    return case.evidence.requests.lanes[number].lane.startswith(RENEWALS)
