"""One kind of old data that is there, how a node is asked for it, and what it means to be cut off at that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.evidence.continuity import Cell, CellOutcome, Check, Place
from harness.keystone import api
from harness.keystone.reply import Reply
from harness.procedure.continuity.node_api import NodeApi, User

CUTS_MIN = 3
"""Cut off so many times at one question by a node that answers others, it is the question: an exception that
Keystone does not catch reaches its client as a closed connection, and through a balancer as 502. Once may be
any accident."""
_CUTS = frozenset({"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError", "IncompleteRead"})
"""Classes of what stood in the way where a connection was made, and closed without a whole answer. One that
was refused, or no answer in time, is something else."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a node answered, or that it does so of all questions not to this one."""

    answer: Reply
    holds: bool
    detail: str | None = None
    """Instead of what the answer itself says where it does not hold."""
    other: Reply | None = None
    """What the node answered otherwise, where it cut this one off again and again."""

    @property
    def is_answer(self) -> bool:
        """Whether it tells anything: to be cut off at this alone does."""
        return bool(self.answer.status) or self.other is not None

    @property
    def outcome(self) -> CellOutcome:
        """No answer is unknown, one that does not hold is broken."""
        if self.holds:
            return CellOutcome.OK
        return CellOutcome.BROKEN if self.is_answer else CellOutcome.UNKNOWN

    @property
    def words(self) -> str | None:
        """For the cell."""
        return self.detail or (None if self.holds else self.answer.words)


@dataclass(frozen=True, slots=True)
class OldThing:
    """One kind, as it was made."""

    check: Check
    objects: int
    made_at: Place
    ask: Callable[[NodeApi], Look]

    def look(self, node: NodeApi) -> Look:
        """Ask a node, and again where it cuts the connection."""
        for _ in range(CUTS_MIN):
            look = self.ask(node)
            if look.answer.error not in _CUTS:
                return look
        other = node.ask(lambda token: api.validate_token(token, token))
        if other.status != 200:
            return look
        words = f"closed the connection without an answer {CUTS_MIN} times, and answered others meanwhile"
        return replace(look, other=other, detail=words)

    def cell(self, phase: str, step: str, node: NodeApi) -> Cell:
        """What a node answers to it now."""
        look = self.look(node)
        return Cell(
            mono_ns=look.answer.sent_ns,
            phase=phase,
            step=step,
            check=self.check,
            made_at=self.made_at,
            checked_at=node.place(look.other or look.answer),
            cached=None,
            outcome=look.outcome,
            took_s=None,
            detail=look.words,
            request_id=look.answer.request_id,
        )


def has_roles(user: User, answer: Reply, *names: str) -> bool:
    """Whether a login came, it is this user's, and with exactly these roles."""
    told = sorted(str(role.get("name")) for role in answer.at("token", "roles") or ())
    is_his = answer.status == 201 and bool(answer.token) and answer.at("token", "user", "id") == user.id
    return is_his and told == sorted(names)
