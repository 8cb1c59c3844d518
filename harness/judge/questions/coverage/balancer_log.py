"""Whether the balancer's log and what it counted agree with what the run's clients saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from harness.judge.case import Case
from harness.judge.model import Finding, Verdict
from harness.judge.observations import LoggedRequests, Unasked
from harness.judge.questions.coverage.gap import Gap
from harness.judge.words import counted, listed, was_were


def check(case: Case) -> Iterator[Gap]:
    """What one of the two tells otherwise, and whom else the balancer saw hurt."""
    if case.logged.judged:
        yield from _differences(case.logged.told)
        # A balancer that died cut what it had, and logged none of it.
        if case.evidence.machine_died is None:
            yield from _cut_at_once(case.logged.told)
    for phase, of_phase in groupby(case.unasked, key=lambda each: each.phase):
        yield _hurt(phase, tuple(of_phase))


def agreement(case: Case) -> Iterator[Finding]:
    """What a sceptic may hold against the records: another program's word on each request."""
    told = case.logged.told
    reached = told.agreed + told.unanswered
    if not case.logged.judged or not reached:
        return
    yield Finding(
        f"The balancer's log has one line for each of {counted(reached, 'request')} that reached it, by its "
        f"id, with the status that the client saw{_besides(told)}.",
        Verdict.PASS,
        requests=reached,
    )


def _besides(told: LoggedRequests) -> str:
    parts = [
        f"; of {told.unanswered:,} of them the client had given up, or was cut" if told.unanswered else "",
        f"; {told.cut:,} more {was_were(told.cut)} cut on kept connections, of which HAProxy logs none"
        if told.cut
        else "",
        f"; {told.unreached:,} got no answer and {was_were(told.unreached)} not seen by it"
        if told.unreached
        else "",
    ]
    return "".join(parts)


def _differences(told: LoggedRequests) -> Iterator[Gap]:
    if told.otherwise and told.example:
        mine, its = told.example
        yield Gap(
            f"{counted(told.otherwise, 'request')} {_have(told.otherwise)} another status in the balancer's "
            f"log than the client saw, such as {its} for {mine}: one of the two is wrong.",
            requests=told.otherwise,
        )
    if told.unlogged:
        yield Gap(
            f"{counted(told.unlogged, 'request')} {was_were(told.unlogged)} answered, and the balancer's log "
            "has no line with their ids: the log is not whole, or they went another way.",
            requests=told.unlogged,
        )
    if told.repeated:
        yield Gap(
            f"{counted(told.repeated, 'request')} {_have(told.repeated)} more than one line in the "
            "balancer's log: they were sent again, and what became of each sending is not known.",
            requests=told.repeated,
        )


def _cut_at_once(told: LoggedRequests) -> Iterator[Gap]:
    number = told.cut_at_once
    if number:
        yield Gap(
            f"{counted(number, 'request')} {was_were(number)} cut on new connections and {_have(number)} no "
            "line in the balancer's log, which has such: who cut them is not known.",
            requests=number,
        )


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _hurt(phase: str, of_phase: Iterable[Unasked]) -> Gap:
    """Somebody was hurt whom nobody asked about: the run's own clients were not all."""
    rows = tuple(of_phase)
    answered, cut = sum(row.answered_5xx for row in rows), sum(row.cut for row in rows)
    kinds = [
        f"answered {counted(answered, 'request')} with 5xx" if answered else "",
        f"cut {counted(cut, 'request')}" if cut else "",
    ]
    servers = listed(f"{row.server}: {row.answered_5xx + row.cut:,}" for row in rows)
    return Gap(
        f"The balancer {' and '.join(kind for kind in kinds if kind)} in phase {phase} that neither the "
        f"probes nor the load had sent ({servers}): somebody was hurt whom nobody asked about.",
        phase,
        requests=answered + cut,
    )
