"""One check under way between two nodes: what it may use, and how what it saw becomes a cell."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.evidence.clock import now_ns
from harness.evidence.continuity import Cell, CellOutcome, Check, Place, Refusal
from harness.keystone.reply import Reply
from harness.procedure.continuity.node_api import Fixture, Made, NodeApi, NotMadeError, User
from harness.procedure.continuity.passwords import PasswordKind, new_password

POLL_S = 0.25
"""Between two looks for an effect: short beside any bound on it, long beside a request."""
GRANULE_S = 1.1
"""Keystone revokes by the second: a token issued in the second of a password change is born revoked."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a check could not be carried out."""

    reason: str
    refused: Refusal | None = None
    """The valid request that was refused, where that is why."""

    @staticmethod
    def of(error: NotMadeError) -> Obstacle:
        """What could not be made."""
        return Obstacle(str(error), error.refused)

    def behind(self, words: str) -> Obstacle:
        """The same, with words before its reason."""
        return Obstacle(f"{words}{self.reason}", self.refused)


@dataclass(frozen=True, slots=True)
class Trial:
    """Made at one node, checked at another."""

    made: NodeApi
    checked: NodeApi
    fixture: Fixture
    phase: str
    step: str
    within_s: float
    """Bound on how long a change may take to be honoured."""
    name: Callable[[], str]
    """A name that nothing has yet."""
    sleep: Callable[[float], None] = time.sleep

    @property
    def roles(self) -> tuple[str, str]:
        """Names of the two roles."""
        first, second = self.fixture.roles
        return first, second

    def new_user(self, kind: PasswordKind = PasswordKind.ORDINARY) -> tuple[User, Made]:
        """A user of this check alone, made at the one node."""
        return self.made.make_user(self.name(), new_password(kind))

    def need(self, what: str, at: NodeApi, answer: Reply, *, holds: bool, valid: bool = True) -> None:
        """Something that must be so before the change, or its effect could not be told from nothing.

        Raises:
            NotMadeError: it is not so.
        """
        if not holds:
            raise NotMadeError(what, at.name, answer, valid=valid)

    def cell(
        self,
        check: Check,
        made: Place,
        answer: Reply,
        *,
        holds: bool,
        took_s: float | None = None,
        cached: bool | None = None,
        detail: str | None = None,
    ) -> Cell:
        """What an answer of the checked node means: none is unknown, one that does not hold broken."""
        outcome = CellOutcome.OK if holds else CellOutcome.BROKEN if answer.status else CellOutcome.UNKNOWN
        return Cell(
            mono_ns=answer.sent_ns,
            phase=self.phase,
            step=self.step,
            check=check,
            made_at=made,
            checked_at=self.checked.place(answer),
            cached=cached,
            outcome=outcome,
            took_s=None if took_s is None else round(took_s, 3),
            detail=detail if holds else detail or answer.words,
            request_id=answer.request_id,
        )

    def unknown(
        self, check: Check, reason: str, *, cached: bool | None = None, refused: Refusal | None = None
    ) -> Cell:
        """A cell for a check that could not be carried out."""
        nodes = (self.made.name, self.checked.name)
        return not_checked(self.phase, self.step, check, nodes, Obstacle(reason, refused), cached)

    def comes_true(
        self, check: Check, change: Made, look: Callable[[], Reply], holds: Callable[[Reply], bool]
    ) -> Cell:
        """Look at the checked node until the change is honoured there, at most for the bound.

        Broken where the last look, after the bound, still saw the state before. Unknown where it cannot be
        told: no answer, or the first that was answered came only after the bound.
        """
        seen_before = False
        while True:
            answer = look()
            took_s = max(0.0, (answer.sent_ns - change.reply.ended_ns) / 1e9)
            late = took_s > self.within_s
            if holds(answer):
                if late and not seen_before:
                    return self.unknown(check, f"the first answer came only {took_s:.1f} s after the change")
                words = f"honoured only {took_s:.1f} s after the change" if late else None
                return self.cell(check, change.at, answer, holds=not late, took_s=took_s, detail=words)
            if late:
                words = f"{answer.words} {took_s:.1f} s after the change"
                return self.cell(check, change.at, answer, holds=False, took_s=took_s, detail=words)
            seen_before = seen_before or bool(answer.status)
            self.sleep(POLL_S)

    def refuses_token(self, answer: Reply) -> bool:
        """Whether the checked node says that the token it was asked about is none.

        404 by the API; 401 as well where the asking admin is still accepted, so that it cannot be meant.
        """
        return answer.status == 404 or (answer.status == 401 and self.checked.is_admin_accepted())


def not_checked(
    phase: str,
    step: str,
    check: Check,
    nodes: tuple[str, str],
    obstacle: Obstacle,
    cached: bool | None = None,
) -> Cell:
    """A cell that says why a check, made at the one node and due at the other, was not carried out."""
    return Cell(
        mono_ns=now_ns(),
        phase=phase,
        step=step,
        check=check,
        made_at=Place(nodes[0], None),
        checked_at=Place(nodes[1], None),
        cached=cached,
        outcome=CellOutcome.UNKNOWN,
        took_s=None,
        detail=obstacle.reason,
        request_id=None,
        refused=obstacle.refused,
    )
