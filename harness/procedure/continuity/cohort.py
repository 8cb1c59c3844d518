"""Users and tokens made before the first phase, which every later one must still honour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from harness.evidence.continuity import Cell, Check, Place
from harness.procedure.continuity.checks import is_login_of, is_token_of
from harness.procedure.continuity.node_api import Fixture, Made, NodeApi, NotMadeError, User
from harness.procedure.continuity.passwords import PasswordKind, new_password
from harness.procedure.continuity.trial import Obstacle, Trial, not_checked

_SPARE = timedelta(seconds=60)
"""A token this close to the end of its life is replaced: that it ends is no fault of the upgrade."""


@dataclass(slots=True)
class Member:
    """A user of one kind of password, with a token."""

    kind: PasswordKind
    home: str
    """Node at which it was made."""
    user: User
    made_at: Place
    token: Made = field(repr=False)
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """A member that could not be made."""

    kind: PasswordKind
    home: str
    obstacle: Obstacle


@dataclass(frozen=True, slots=True)
class Cohort:
    """One member for each kind of password, spread over the nodes."""

    members: tuple[Member, ...]
    absent: tuple[Absent, ...]

    def check(
        self,
        apis: Mapping[str, NodeApi],
        node: NodeApi,
        trial: Callable[[NodeApi, NodeApi], Trial],
        turn: int,
    ) -> Iterator[Cell]:
        """Each token at this node; each user's login at one node a turn, so that all come round."""
        names = list(apis)
        for number, member in enumerate(self.members):
            under_way = trial(apis[member.home], node)
            logs_in = names[(number + turn) % len(names)] == node.name
            yield _check_token(under_way, member)
            if logs_in:
                yield _check_login(under_way, member)

    def missing(self, phase: str, step: str, node: str) -> Iterator[Cell]:
        """A cell for each check of a member that there is not."""
        for absent in self.absent:
            for check in (Check.COHORT_TOKEN, Check.COHORT_LOGIN):
                yield not_checked(phase, step, check, (absent.home, node), absent.obstacle)


def make_cohort(
    nodes: Sequence[NodeApi], fixture: Fixture, name: Callable[[], str], refusals: Mapping[str, Obstacle]
) -> Cohort:
    """Make the members; what cannot be made is told, in its place, by every later check.

    A node in `refusals` did not log the admin in, so that whatever else it is asked says nothing.
    """
    members, absent = [], []
    for number, kind in enumerate(PasswordKind):
        home = nodes[number % len(nodes)]
        if home.name in refusals:
            absent.append(Absent(kind, home.name, refusals[home.name].behind(f"{kind}: ")))
            continue
        try:
            members.append(_make(home, fixture, kind, name()))
        except NotMadeError as error:
            absent.append(Absent(kind, home.name, Obstacle.of(error).behind(f"{kind}: ")))
    return Cohort(tuple(members), tuple(absent))


def _make(home: NodeApi, fixture: Fixture, kind: PasswordKind, name: str) -> Member:
    user, made = home.make_user(name, new_password(kind))
    home.grant(fixture, user, next(iter(fixture.roles)))
    return Member(kind, home.name, user, made.at, home.make_token(user, fixture.project_id))


def _check_token(trial: Trial, member: Member) -> Cell:
    if _is_ending(member.token, datetime.now(UTC)):
        try:
            member.token = trial.made.make_token(member.user, trial.fixture.project_id)
        except NotMadeError as error:
            reason = f"{member.kind}: its life had ended, and {error}"
            return trial.unknown(Check.COHORT_TOKEN, reason, refused=error.refused)
        member.renewed = True
    answer = trial.checked.validate(member.token.token)
    holds = is_token_of(member.user, answer)
    words = f"{member.kind}, renewed as its life had ended" if member.renewed else str(member.kind)
    detail = words if holds else f"{words}: {answer.words}"
    return trial.cell(Check.COHORT_TOKEN, member.token.at, answer, holds=holds, detail=detail)


def _check_login(trial: Trial, member: Member) -> Cell:
    answer = trial.checked.log_in(member.user, trial.fixture.project_id)
    holds = is_login_of(member.user, answer)
    detail = str(member.kind) if holds else f"{member.kind}: {answer.words}"
    return trial.cell(Check.COHORT_LOGIN, member.made_at, answer, holds=holds, detail=detail)


def _is_ending(token: Made, now: datetime) -> bool:
    text = token.reply.at("token", "expires_at")
    try:
        ends = datetime.fromisoformat(str(text))
    except ValueError:
        return False
    return ends.replace(tzinfo=ends.tzinfo or UTC) - now < _SPARE
