"""Is there enough evidence to say anything?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.evidence.names import RENEWALS, Error, Operation, Phase, Role
from harness.evidence.requests import Records, RequestFile
from harness.judge.codes import UNSENT, bad, count, sent
from harness.judge.drive import otherwise_driven
from harness.judge.evidence import Evidence, due
from harness.judge.holes import lost_arrivals, scheduled_until_ns
from harness.judge.model import Finding, Question, Verdict
from harness.judge.pressure import phases_without_load
from harness.judge.questions.answer import answer
from harness.judge.room import held_up
from harness.judge.stats import tally
from harness.judge.words import counted, listed, was_were

NAME = "coverage"

_CLAIM_SLACK = 1.1
"""How much more a generator may claim than its records show: percentiles can be interpolated otherwise."""


def judge(evidence: Evidence) -> Question:
    """INCONCLUSIVE for each thing that is missing; never FAIL, for nothing here is Keystone's doing."""
    checks = (
        _files,
        _lanes,
        _load,
        _unsent,
        _untried,
        _lag,
        _phases,
        _holes,
        _baseline,
        _nodes,
        _roll,
        _reference,
    )
    gaps = [
        Finding(gap.sentence, Verdict.INCONCLUSIVE, phase=gap.phase, lane=gap.lane, requests=gap.requests)
        for check in checks
        for gap in check(evidence)
    ]
    return answer(NAME, gaps, [_enough(evidence)])


@dataclass(frozen=True, slots=True)
class _Gap:
    """Something that is missing."""

    sentence: str
    phase: str | None = None
    lane: str | None = None
    requests: int | None = None


def _enough(evidence: Evidence) -> Finding:
    """What was counted, also where the bounds allow some to be missing or late."""
    probes = [evidence.judged(number) for number in evidence.lanes(Role.PROBE)]
    gone = sum(count(sent(records)) for records in probes)
    lags = _lags_ms(probes)
    worst_ms = math.ceil(float(lags.max())) if len(lags) else 0
    counts = tally(evidence)
    requests, unsent = counted(counts.requests, "request"), counts.unsent
    left = f"{unsent:,} of {requests} that were due never left" if unsent else f"all {requests} due were sent"
    return Finding(
        f"{counted(gone, 'probe')} in {counted(len(probes), 'lane')} cover "
        f"{counted(len(evidence.windows), 'phase')}; {left}, and the latest probe left {worst_ms:,} ms late.",
        Verdict.PASS,
        requests=gone,
    )


def _files(evidence: Evidence) -> Iterator[_Gap]:
    files = evidence.requests.files
    if not files:
        yield _Gap("There are no request files: no request of this run is known.")
    for file in files:
        yield from (_Gap(f"{file.name} {sentence}.") for sentence in _damage(file))


def _damage(file: RequestFile) -> Iterator[str]:
    """What is wrong with a file, as the end of a sentence about it."""
    if not file.lanes:
        yield "holds no whole header: its writer was killed before the first request"
    elif file.footer is None:
        yield "has no footer: its writer was killed, and requests it had not written yet are lost"
    elif file.footer.records != file.records:
        yield (
            f"holds {counted(file.records, 'whole record')}, but its writer counted {file.footer.records:,}"
        )
    if file.torn:
        yield "ends in a torn line"
    if file.malformed:
        yield f"holds {counted(file.malformed, 'damaged line')}"
    if file.seq_missing:
        yield f"lacks {counted(file.seq_missing, 'record')}: numbers are missing in their sequence"
    if file.seq_repeated:
        yield f"holds {counted(file.seq_repeated, 'record')} with a number that another record has"
    for lane, number in file.strangers:
        yield f"holds {counted(number, 'record')} of the lane {lane}, which its header does not name"
    for fault in file.footer.faults if file.footer else ():
        yield f"tells of a fault in the load generator: {fault.rstrip('.')}"


def _lanes(evidence: Evidence) -> Iterator[_Gap]:
    """Lanes that the scenario asks for, driven as it asks."""
    for lane, sentence in otherwise_driven(evidence):
        yield _Gap(sentence, lane=lane)


def _load(evidence: Evidence) -> Iterator[_Gap]:
    """Load beside the probes, in each phase: an upgrade that only probes saw was not one under load."""
    for key, role, noun in (("users", Role.LOAD, "load"), ("client_users", Role.CLIENT, "real clients")):
        if not evidence.setting("load", key, default=0):
            continue
        if not any(len(evidence.judged(number)) for number in evidence.lanes(role)):
            yield _Gap(f"The scenario asks for {noun} beside the probes; no request of theirs is known.")
            continue
        for phase in phases_without_load(evidence, role):
            yield _Gap(
                f"The scenario asks for {noun} beside the probes; none of their requests was under way in "
                f"phase {phase}.",
                phase,
            )


def _unsent(evidence: Evidence) -> Iterator[_Gap]:
    no_token = evidence.error_code(Error.NO_TOKEN)
    unsent = 0
    for number in evidence.lanes():
        records = evidence.judged(number)
        unsent += count((records.outcome == UNSENT) & (records.error != no_token))
    allowed = evidence.settings.unsent_max
    if unsent > allowed:
        yield _Gap(
            f"{counted(unsent, 'request')} that {was_were(unsent)} due never left the load generator "
            f"(allowed: {allowed}).",
            requests=unsent,
        )


def _untried(evidence: Evidence) -> Iterator[_Gap]:
    """Requests without a token are the fault of a login that failed; there must be one on record before."""
    no_token = evidence.error_code(Error.NO_TOKEN)
    untried = sum(_untried_without_login(evidence, number, no_token) for number in evidence.lanes())
    if untried:
        yield _Gap(
            f"{counted(untried, 'request')} {was_were(untried)} not tried for want of a token, "
            "yet no login that failed before is on record.",
            requests=untried,
        )


def _untried_without_login(evidence: Evidence, number: int, no_token: int) -> int:
    """Requests of a lane for which no login of its role, and no renewal, had failed by then."""
    records = evidence.judged(number)
    untried = records.intended_ns[records.error == no_token]
    if not len(untried):
        return 0
    role = evidence.requests.lanes[number].role
    logins = [
        evidence.requests.of(other)
        for other, lane in enumerate(evidence.requests.lanes)
        if lane.op == Operation.TOKEN_ISSUE and (lane.role is role or lane.lane.startswith(RENEWALS))
    ]
    # A login may have failed before the first phase began.
    failed = [int(lane.intended_ns[bad(lane)].min()) for lane in logins if bad(lane).any()]
    return count(untried < min(failed)) if failed else len(untried)


def _lag(evidence: Evidence) -> Iterator[_Gap]:
    """Lag as the records of the probed time show it, or as a footer claims where no record explains that."""
    judged = _lags_ms([evidence.judged(number) for number in evidence.lanes(Role.PROBE)])
    lanes = evidence.lanes(Role.PROBE, Role.REFERENCE)
    recorded = _lags_ms([evidence.requests.of(number) for number in lanes])
    footers = [file.footer for file in evidence.requests.files if file.footer]
    p99_ms = _worse(judged, recorded, [footer.lag_p99_ms for footer in footers], 99)
    max_ms = _worse(judged, recorded, [footer.lag_max_ms for footer in footers], 100)
    settings = evidence.settings
    if p99_ms > settings.lag_p99_ms_max or max_ms > settings.lag_max_ms_max:
        yield _Gap(
            f"The load generator was starved: probes left up to {max_ms:,.0f} ms late, p99 {p99_ms:,.0f} ms "
            f"(allowed: {settings.lag_max_ms_max:g} and {settings.lag_p99_ms_max:g} ms); the machine did "
            "that, and Keystone is not charged for it."
        )


def _lags_ms(lanes: list[Records]) -> NDArray[np.float32]:
    lags = [((r.start_ns - r.intended_ns)[sent(r)] / 1e6).astype(np.float32) for r in lanes]
    return np.concatenate([np.empty(0, np.float32), *lags])


def _worse(
    judged: NDArray[np.float32], recorded: NDArray[np.float32], claims: list[float | None], percentile: float
) -> float:
    """A footer also counts the time before the first phase, when servers start and lag harms nobody; so its
    claim counts only where it is more than all records show: then records are lost.
    """
    shown = float(np.percentile(recorded, percentile)) if len(recorded) else 0.0
    lag_ms = float(np.percentile(judged, percentile)) if len(judged) else 0.0
    return max([lag_ms, *(claim for claim in claims if claim and claim > shown * _CLAIM_SLACK + 1)])


def _phases(evidence: Evidence) -> Iterator[_Gap]:
    """Probes per lane and phase; phases that the run never reached are the procedure's affair."""
    if not evidence.windows:
        yield _Gap("No probed phase was begun, so no request can be charged to one.")
    least = evidence.settings.probes_per_phase_min
    for phase in dict.fromkeys(window.phase for window in evidence.windows):
        thin = {
            evidence.requests.lanes[number].lane: probes
            for number in evidence.lanes(Role.PROBE)
            if (probes := count(sent(evidence.in_phase(number, phase)))) < least
        }
        if thin:
            lanes = listed(f"{number} in {lane}" for lane, number in thin.items())
            yield _Gap(
                f"The phase {phase} has too few probes: {lanes} (needed: {least} in each lane).", phase=phase
            )


def _holes(evidence: Evidence) -> Iterator[_Gap]:
    """Arrivals that stand in no record: neither sent nor unsent."""
    start_ns, end_ns = evidence.judged_start_ns, scheduled_until_ns(evidence)
    for number in evidence.lanes(Role.PROBE, Role.REFERENCE):
        lane = evidence.requests.lanes[number]
        if lane.rate_hz is None or end_ns <= start_ns:
            continue
        arrivals = due(evidence.judged(number), start_ns, end_ns).intended_ns
        lost, longest_s = lost_arrivals(arrivals, start_ns, end_ns, lane.rate_hz)
        if lost:
            yield _Gap(
                f"{lane.lane} lost {counted(lost, 'arrival')}: its schedule has a hole of up to "
                f"{longest_s:.2f} s where a probe was due every {1 / lane.rate_hz:.2f} s.",
                lane=lane.lane,
                requests=lost,
            )


def _baseline(evidence: Evidence) -> Iterator[_Gap]:
    room, settings = evidence.room, evidence.settings
    baseline = room.baseline
    phase = Phase.BASELINE
    if not evidence.windows:
        return
    if baseline.duration_s < settings.baseline_s_min:
        yield _Gap(
            f"The baseline lasted {baseline.duration_s:.1f} s (needed: {settings.baseline_s_min:g} s).", phase
        )
    if room.slow:
        yield _Gap(
            f"There was no room: before anything was touched the p99 was {baseline.p99_ms:,.0f} ms (allowed: "
            f"{settings.baseline_p99_ms_max:g} ms); lower the rates of probes and load, or use a larger "
            "machine.",
            phase,
        )
    if room.late:
        yield _Gap(
            f"There was no room: before anything was touched probes left {baseline.lag_p99_ms:,.0f} ms late "
            f"at p99 (allowed: {settings.lag_p99_ms_max:g} ms); lower the rates of probes and load, or use a "
            "larger machine.",
            phase,
        )
    if baseline.failures:
        lanes = listed(evidence.requests.lanes[number].lane for number, _ in baseline.failures)
        yield _Gap(
            f"The baseline already fails: {counted(baseline.failed, 'request')} in {lanes}, before anything "
            "was touched.",
            phase,
            requests=baseline.failed,
        )


def _nodes(evidence: Evidence) -> Iterator[_Gap]:
    """A node that served nobody before it was touched could be rolled without anybody noticing."""
    if not evidence.upgrades or Phase.BASELINE not in {window.phase for window in evidence.windows}:
        return
    parts = [evidence.in_phase(number, Phase.BASELINE) for number in evidence.lanes()]
    codes = {code for part in parts for code in np.unique(part.node).tolist() if code >= 0}
    seen = {evidence.requests.nodes[code] for code in codes}
    idle = [node for node in evidence.manifest.nodes if node not in seen]
    if idle:
        yield _Gap(
            f"No answer of {listed(idle)} was seen in the baseline, so nobody would have missed "
            f"{'it' if len(idle) == 1 else 'them'}.",
            Phase.BASELINE,
        )


def _roll(evidence: Evidence) -> Iterator[_Gap]:
    """Both releases must have served while the nodes changed, else mixing them was not tried."""
    if not evidence.changes_release or Phase.ROLL not in {window.phase for window in evidence.windows}:
        return
    manifest = evidence.manifest
    for version in (manifest.from_.version, manifest.to.version):
        code = evidence.release_code(version)
        parts = (evidence.in_phase(number, Phase.ROLL) for number in evidence.lanes())
        if not any((part.release == code).any() for part in parts):
            yield _Gap(
                f"No answer of release {version} was seen during the roll, so the mix of both releases was "
                "not tried.",
                Phase.ROLL,
            )


def _reference(evidence: Evidence) -> Iterator[_Gap]:
    longest_ms_max = evidence.settings.lag_max_ms_max
    for number in evidence.lanes(Role.REFERENCE):
        lane, records = evidence.requests.lanes[number].lane, evidence.judged(number)
        failed = count(bad(records))
        if failed:
            yield _Gap(
                f"{counted(failed, 'request')} to the reference target failed as well: the machine did that.",
                lane=lane,
                requests=failed,
            )
        slow = records.at(held_up(records, longest_ms_max) & ~bad(records))
        if len(slow):
            longest_ms = float((slow.end_ns - slow.intended_ns).max()) / 1e6
            yield _Gap(
                f"{counted(len(slow), 'request')} to the reference target took up to {longest_ms:,.0f} ms "
                f"(allowed: {longest_ms_max:g} ms), though it has nothing to do but answer: the machine did "
                "that.",
                lane=lane,
                requests=len(slow),
            )
