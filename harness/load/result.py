"""What one attempt means: its outcome and class of error, decided from the call and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from geventhttpclient.header import Headers

from harness.evidence.names import MEANT_FOR, WRITES, Error, Operation, Outcome
from harness.evidence.records import DETAIL_CHARS_MAX
from harness.keystone.api import BALANCER_SERVER_HEADER, NODE_HEADER, RELEASE_HEADER
from harness.load.client import Answer, Cut, Exchange
from harness.load.operations import BadAnswerError, Call

_NOT_DONE_5XX = frozenset({501, 503})
"""The server declined. Any other 5xx may follow after the work was done: a 502 or 504 is a request that was
cut behind the balancer, and a 500 can come from what Keystone does after its commit."""

Value = TypeVar("Value")
Other = TypeVar("Other")
Value_co = TypeVar("Value_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Result(Generic[Value_co]):
    """One finished request, as its record will tell it; times are CLOCK_MONOTONIC nanoseconds."""

    start_ns: int
    end_ns: int
    status: int
    outcome: Outcome
    error: Error | None
    detail: str | None
    node: str | None
    release: str | None
    request_id: str | None
    value: Value_co | None
    """What a successful answer held."""

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.outcome == Outcome.OK

    def map(self, of: Callable[[Value_co], Other]) -> Result[Other]:
        """The same result, with something made of the value it holds."""
        return Result(
            self.start_ns,
            self.end_ns,
            self.status,
            self.outcome,
            self.error,
            self.detail,
            self.node,
            self.release,
            self.request_id,
            None if self.value is None else of(self.value),
        )


def judge_exchange(call: Call[Value], exchange: Exchange, request_id: str) -> Result[Value]:
    """Class and outcome of an exchange.

    A write is `unknown` where it was sent and its end does not settle whether it was carried out: cut, timed
    out, answered by most 5xx, or by a success whose body is not fit to believe.
    """
    end = exchange.end
    if isinstance(end, Cut):
        outcome = _outcome(call.op, settled=not end.sent)
        return _result(exchange, request_id, end.status, outcome, end.error, end.detail, end.headers, None)
    if end.status != call.status_due:
        outcome = _outcome(call.op, settled=status_settles(end.status))
        error = _status_error(end.status)
        return _result(exchange, request_id, end.status, outcome, error, _words(end), end.headers, None)
    try:
        value = call.check(end)
    except BadAnswerError as bad:
        outcome = _outcome(call.op, settled=False)
        return _result(exchange, request_id, end.status, outcome, Error.BAD_BODY, str(bad), end.headers, None)
    return _result(exchange, request_id, end.status, Outcome.OK, None, None, end.headers, value)


def status_settles(status: int) -> bool:
    """Whether a status other than the one due tells that the write was certainly not carried out."""
    return 300 <= status < 500 or status in _NOT_DONE_5XX


def _outcome(op: Operation, *, settled: bool) -> Outcome:
    return Outcome.FAILED if settled or op not in WRITES else Outcome.UNKNOWN


def _status_error(status: int) -> Error:
    if status >= 500:
        return Error.HTTP_5XX
    return Error.HTTP_4XX if status >= 400 else Error.UNEXPECTED_STATUS


def _words(answer: Answer) -> str:
    """Status line and, where no node made the answer, that the balancer did and for which server."""
    line = f"{answer.status} {answer.reason}".strip()
    if answer.header(NODE_HEADER):
        return line
    return from_balancer(line, answer.header(BALANCER_SERVER_HEADER))


def from_balancer(line: str, server: str | None) -> str:
    """Words for an answer that the balancer made itself, with the server it was for where it told that."""
    return f"{line}{MEANT_FOR}{server}" if server else f"{line} from balancer"


def _result(
    exchange: Exchange,
    request_id: str,
    status: int,
    outcome: Outcome,
    error: Error | None,
    detail: str | None,
    headers: Headers | None,
    value: Value | None,
) -> Result[Value]:
    return Result(
        start_ns=exchange.start_ns,
        end_ns=exchange.end_ns,
        status=status,
        outcome=outcome,
        error=error,
        detail=detail and detail[:DETAIL_CHARS_MAX],
        node=_one(headers, NODE_HEADER),
        release=_one(headers, RELEASE_HEADER),
        request_id=request_id,
        value=value,
    )


def _one(headers: Headers | None, name: str) -> str | None:
    value = headers.get(name) if headers is not None else None
    return (value[0] if isinstance(value, list) else value) or None
