"""One request of one operation: what is sent, and what its answer must hold to count as a success."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, TypeGuard, TypeVar, runtime_checkable

from harness.evidence.ledger import Change
from harness.evidence.names import Operation
from harness.keystone.api import Request
from harness.load.client import Answer

Value_co = TypeVar("Value_co", covariant=True)


class Call(Protocol[Value_co]):
    """One request of one operation."""

    op: ClassVar[Operation]
    status_due: ClassVar[int]

    def request(self) -> Request:
        """What to send."""

    def check(self, answer: Answer) -> Value_co:
        """What the answer holds, once it is about the right thing.

        Raises:
            BadAnswerError: it is not.
        """


@runtime_checkable
class LedgerCall(Protocol):
    """A call that writes what can be read back afterwards."""

    def change(self) -> Change:
        """What it asks for, as the ledger tells it."""


_WRITES: dict[type[Any], bool] = {}


def writes(call: object) -> TypeGuard[LedgerCall]:
    """Whether a call is one for the ledger.

    Its class is asked, once: to hold an object against a protocol looks at every attribute, and took a
    seventh of the processor time of a request.
    """
    kind = type(call)
    if kind not in _WRITES:
        _WRITES[kind] = issubclass(kind, LedgerCall)
    return _WRITES[kind]


class Acknowledged:
    """The shape of a write that is answered with nothing but its status."""

    __slots__ = ()

    status_due: ClassVar = 204

    def check(self, answer: Answer) -> None:
        """204 says all."""
