"""A write of the ledger, from what was asked to how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from harness.evidence.names import Error, Operation, Outcome
from harness.evidence.rows import Flag, Natural, Whole

Value = str | Whole | Flag | None


class Kind(StrEnum):
    """What a write is about."""

    USER = "user"
    PROJECT = "project"
    GRANT = "grant"  # a role of a user on a project


KIND_OF: Mapping[str, Kind] = {
    Operation.USER_CREATE: Kind.USER,
    Operation.USER_UPDATE: Kind.USER,
    Operation.USER_DELETE: Kind.USER,
    Operation.PASSWORD_CHANGE: Kind.USER,
    Operation.PROJECT_CREATE: Kind.PROJECT,
    Operation.PROJECT_DELETE: Kind.PROJECT,
    Operation.ROLE_GRANT: Kind.GRANT,
    Operation.ROLE_REVOKE: Kind.GRANT,
}
"""Operation -> the kind of entity that it writes."""

PASSWORD = "password"  # noqa: S105 - the name of an attribute
"""Attribute whose value in the ledger is the version of a derived password."""


_ANSWERED = frozenset({Error.HTTP_4XX, Error.HTTP_5XX, Error.UNEXPECTED_STATUS})


def known_outcome(outcome: Outcome, error: str | None) -> Outcome:
    """What is certain of a write once its answer is known.

    A balancer may send a request twice (`retry-on` of HAProxy does), and the answer is that to the last
    sending: a creation answered 409, or a deletion answered 404, may have been carried out by the first. So
    only a write that never got to a server has certainly failed.
    """
    return Outcome.UNKNOWN if outcome == Outcome.FAILED and error in _ANSWERED else outcome


def _writes(op: str) -> str:
    if op not in KIND_OF:
        raise ValueError("it is no operation that writes")
    return op


WritingOp = Annotated[str, AfterValidator(_writes)]


@dataclass(frozen=True, slots=True)
class Change:
    """What a write asks for."""

    op: Operation
    name: str
    """Unique name of the entity; of a grant `<user>/<project>/<role>`."""
    entity_id: str | None = None
    """None where the write is what makes it; of a grant `<user id>/<project id>/<role id>`."""
    asked: Mapping[str, Value] = field(default_factory=dict)
    """Attributes asked for, a password as its version."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write from what was asked to how it ended; times are CLOCK_MONOTONIC nanoseconds."""

    lane: str
    op: WritingOp
    name: str
    entity_id: str | None
    """As asked, or as the answer told it; None where a creation was not acknowledged."""
    asked: Mapping[str, Value]
    request_id: str
    invoked_ns: Natural
    completed_ns: Natural | None
    """None where no end was noted."""
    outcome: Outcome
    """As it was noted: `ok`, `failed` or `unknown`; `known` says what is certain of it."""
    error: str | None
    node: str | None
    """Node that answered."""
    release: str | None

    @property
    def kind(self) -> Kind:
        """What it is about."""
        return KIND_OF[self.op]

    @property
    def known(self) -> Outcome:
        """`ok`, `failed` (certainly not carried out) or `unknown`, also of a ledger that noted a refusal as
        failed.
        """
        return known_outcome(self.outcome, self.error)

    @property
    def was_refused(self) -> bool:
        """Whether an answer came that refused it."""
        return self.outcome != Outcome.OK and self.error == Error.HTTP_4XX
