"""One check under way between two nodes: what it may use, and how what it saw becomes a cell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from harness.evidence.cache_drops import Drop, hidden_by
from harness.evidence.clock import now_ns
from harness.evidence.continuity import Cell, CellOutcome, Check, Looks, Place, Refusal
from harness.keystone.reply import Reply
from harness.procedure.continuity.node_api import Fixture, Made, NodeApi, NotMadeError, User
from harness.procedure.continuity.passwords import PasswordKind, new_password

POLL_S = 0.25
"""Between two looks for an effect: short beside any bound on it, long beside a request."""
TRIES_MAX = 12
"""A check needs a tenth of a second in which nobody else drops the cache, and the default load drops it once
a second: of a thousand millions of checks one finds no such time."""
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
    alone: Callable[[], AbstractContextManager[None]] = nullcontext
    """Within it no other check drops a cache."""
    dropped: Callable[[], Sequence[Drop]] = tuple
    """What others dropped lately."""
    until_s: float = math.inf
    """On `time.monotonic`: nothing is done again after this."""

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
        looks: Looks | None = None,
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
            looks=looks,
        )

    def unknown(
        self, check: Check, reason: str, *, cached: bool | None = None, refused: Refusal | None = None
    ) -> Cell:
        """A cell for a check that could not be carried out."""
        nodes = (self.made.name, self.checked.name)
        return not_checked(self.phase, self.step, check, nodes, Obstacle(reason, refused), cached)

    def comes_true(
        self,
        check: Check,
        before: Reply,
        change: Made,
        look: Callable[[], Reply],
        holds: Callable[[Reply], bool],
    ) -> Cell:
        """Look at the checked node until the change is honoured there, at most for the bound.

        Broken where the last look, after the bound, still saw the state before. Unknown where it cannot be
        told: no answer, or the first that was answered came only after the bound. `before` is the answer
        that honoured what was to change.
        """
        first: Reply | None = None
        stale_ns: int | None = None
        while True:
            answer = look()
            first = first or answer
            took_s = max(0.0, (answer.sent_ns - change.reply.ended_ns) / 1e9)
            late = took_s > self.within_s
            seen = holds(answer)
            if not seen and answer.status:
                stale_ns = answer.sent_ns
            if seen or late:
                looks = Looks(
                    prepared_ns=before.sent_ns,
                    changed_ns=change.reply.ended_ns,
                    first_ns=first.sent_ns,
                    first=first.words,
                    stale_ns=stale_ns,
                    ended_ns=answer.ended_ns,
                )
                return self._became(check, change, answer, looks, seen=seen, late=late)
            self.sleep(POLL_S)

    def _became(
        self, check: Check, change: Made, answer: Reply, looks: Looks, *, seen: bool, late: bool
    ) -> Cell:
        took_s = max(0.0, (answer.sent_ns - change.reply.ended_ns) / 1e9)
        if seen and late and looks.stale_ns is None:
            return self.unknown(check, f"the first answer came only {took_s:.1f} s after the change")
        words = f"{'honoured only' if seen else answer.words} {took_s:.1f} s after the change"
        detail = words if late else None
        holds = seen and not late
        return self.cell(check, change.at, answer, holds=holds, took_s=took_s, detail=detail, looks=looks)

    def undisturbed(self, attempt: Callable[[], Iterable[Cell]]) -> Iterator[Cell]:
        """Carry a check out, and again where a write of somebody else may have hidden what it looks for.

        A cell that was never left alone comes as it was the last time; the judge sees that in its looks.
        """
        last: dict[str, Cell] = {}
        try:
            for number in range(1, TRIES_MAX + 1):
                for cell in attempt():
                    if cell.check not in last or not self._is_settled(last[cell.check]):
                        last[cell.check] = _of_try(cell, number)
                if all(map(self._is_settled, last.values())) or time.monotonic() > self.until_s:
                    break
        except NotMadeError:
            yield from filter(self._is_settled, last.values())
            raise
        yield from last.values()

    def _is_settled(self, cell: Cell) -> bool:
        return hidden_by(cell, self.dropped()) is None

    def refuses_token(self, answer: Reply) -> bool:
        """Whether the checked node says that the token it was asked about is none.

        404 by the API; 401 as well where the asking admin is still accepted, so that it cannot be meant.
        """
        return answer.status == 404 or (answer.status == 401 and self.checked.is_admin_accepted())


def looks_at_cached(cached: Reply, answer: Reply) -> Looks:
    """Of the answer that put a thing into the cache, and of the one that was to come from there."""
    return Looks(cached.sent_ns, cached.ended_ns, answer.sent_ns, answer.words, None, answer.ended_ns)


def _of_try(cell: Cell, number: int) -> Cell:
    return cell if cell.looks is None else replace(cell, looks=replace(cell.looks, tries=number))


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
