"""Whether everything that was asked for was sent: lanes, load, arrivals."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import RENEWALS, Error, Operation, Role
from harness.judge.codes import UNSENT, bad, count
from harness.judge.evidence import Evidence
from harness.judge.questions.coverage.drive import otherwise_driven
from harness.judge.questions.coverage.gap import Gap
from harness.judge.questions.coverage.pressure import phases_without_load
from harness.judge.words import counted, was_were


def lanes(evidence: Evidence) -> Iterator[Gap]:
    """Lanes that the scenario asks for, driven as it asks."""
    for lane, sentence in otherwise_driven(evidence):
        yield Gap(sentence, lane=lane)


def load(evidence: Evidence) -> Iterator[Gap]:
    """Load beside the probes, in each phase: an upgrade that only probes saw was not one under load."""
    asked = evidence.scenario.load
    for users, role, noun in (
        (asked.users, Role.LOAD, "load"),
        (asked.client_users, Role.CLIENT, "real clients"),
    ):
        if not users:
            continue
        if not any(len(evidence.judged(number)) for number in evidence.lanes(role)):
            yield Gap(f"The scenario asks for {noun} beside the probes; no request of theirs is known.")
            continue
        for phase in phases_without_load(evidence, role):
            yield Gap(
                f"The scenario asks for {noun} beside the probes; none of their requests was under way in "
                f"phase {phase}.",
                phase,
            )


def unsent(evidence: Evidence) -> Iterator[Gap]:
    """Requests that never left the load generator, over the bound."""
    no_token = evidence.error_code(Error.NO_TOKEN)
    missing = 0
    for number in evidence.lanes():
        records = evidence.judged(number)
        missing += count((records.outcome == UNSENT) & (records.error != no_token))
    allowed = evidence.settings.unsent_max
    if missing > allowed:
        yield Gap(
            f"{counted(missing, 'request')} that {was_were(missing)} due never left the load generator "
            f"(allowed: {allowed}).",
            requests=missing,
        )


def untried(evidence: Evidence) -> Iterator[Gap]:
    """Requests without a token are the fault of a login that failed; there must be one on record before."""
    no_token = evidence.error_code(Error.NO_TOKEN)
    left_out = sum(_untried_without_login(evidence, number, no_token) for number in evidence.lanes())
    if left_out:
        yield Gap(
            f"{counted(left_out, 'request')} {was_were(left_out)} not tried for want of a token, "
            "yet no login that failed before is on record.",
            requests=left_out,
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
