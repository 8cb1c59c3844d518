"""Each check, told straight: make it at one node, change it there, look for it at the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.evidence.continuity import Cell, Check
from harness.procedure.continuity.api import Made, User, at
from harness.procedure.continuity.case import GRANULE_S, Case
from harness.procedure.continuity.http import Answer
from harness.procedure.continuity.passwords import Kind, new_password, wrong_in_its_last_byte


@dataclass(frozen=True, slots=True)
class Procedure:
    """How one or more cells come about; every user of it is its own."""

    run: Callable[[Case], Iterator[Cell]]
    checks: tuple[Check, ...]
    """The cells that it yields, in this order."""
    quick: bool = False
    """Carried out for every pair of nodes, not for the first alone."""
    cached: bool | None = None
    """What its cell of a token says of the cache, where that could not be carried out."""
    drops_cache: bool = False
    """It makes Keystone drop every cached token, so it must not run beside what needs a cached one: a
    token, or a stale memory that a revoked token was good, which the drop would heal."""


def is_login_of(user: User, answer: Answer) -> bool:
    """Whether a token came, and it is this user's."""
    return answer.status == 201 and bool(answer.token) and at(answer.body, "token", "user", "id") == user.id


def is_token_of(user: User, answer: Answer) -> bool:
    """Whether a validation says that the token is this user's."""
    return answer.status == 200 and at(answer.body, "token", "user", "id") == user.id


def _has_roles(user: User, answer: Answer, *names: str) -> bool:
    """Whether a login came with exactly these roles."""
    roles = at(answer.body, "token", "roles") or ()
    return is_login_of(user, answer) and sorted(str(role.get("name")) for role in roles) == sorted(names)


def _user(case: Case) -> Iterator[Cell]:
    """What is only looked at does not disturb one another, so that one user serves for all of it."""
    user, made = case.new_user()
    answer = case.checked.read_user(user)
    holds = answer.status == 200 and at(answer.body, "user", "id") == user.id
    yield case.cell(Check.USER_READS, made.at, answer, holds=holds)
    answer = case.checked.log_in(user)
    yield case.cell(Check.USER_LOGS_IN, made.at, answer, holds=is_login_of(user, answer))
    token = case.made.make_token(user)
    # Validated where it was issued a moment before, so that the other finds it in the shared cache.
    there = case.made.validate(token.token)
    case.need("validate the token that it had issued", case.made, there, holds=is_token_of(user, there))
    answer = case.checked.validate(token.token)
    yield case.cell(Check.TOKEN_VALIDATES, token.at, answer, holds=is_token_of(user, answer), cached=True)


def _token_cold(case: Case) -> Iterator[Cell]:
    """Keystone caches a token as it issues it; deleting some user drops the whole token cache."""
    user, _ = case.new_user()
    spare, _ = case.new_user()
    token = case.made.make_token(user)
    case.made.delete(spare)
    answer = case.checked.validate(token.token)
    yield case.cell(Check.TOKEN_VALIDATES, token.at, answer, holds=is_token_of(user, answer), cached=False)


def _password(case: Case, kind: Kind, right: Check) -> Iterator[Cell]:
    user, made = case.new_user(kind)
    answer = case.checked.log_in(user)
    yield case.cell(right, made.at, answer, holds=is_login_of(user, answer))


def _long_password(case: Case, kind: Kind, right: Check, tail: Check) -> Iterator[Cell]:
    """A release that cuts passwords at another length refuses what the other stored, or takes too much."""
    user, made = case.new_user(kind)
    answer = case.checked.log_in(user)
    yield case.cell(right, made.at, answer, holds=is_login_of(user, answer))
    wrong = wrong_in_its_last_byte(user.password)
    there = case.made.log_in(user, password=wrong)
    case.need("log in with a wrong password", case.made, there, holds=there.status in (201, 401))
    here = case.checked.log_in(user, password=wrong)
    same = here.status == there.status
    words = f"{case.made.name} {there.words}, {case.checked.name} {here.words}"
    if same:
        words = ACCEPTED_BY_BOTH if here.status == 201 else "refused by both"
    yield case.cell(tail, made.at, here, holds=same, detail=words)


ACCEPTED_BY_BOTH = "accepted by both"
"""Detail of a tail check where both nodes took the wrong password: they agree, which is all it asks."""


def _password_60(case: Case) -> Iterator[Cell]:
    yield from _long_password(case, Kind.BYTES_60, Check.PASSWORD_60_BYTES, Check.PASSWORD_TAIL_60_BYTES)


def _password_80(case: Case) -> Iterator[Cell]:
    yield from _long_password(case, Kind.BYTES_80, Check.PASSWORD_80_BYTES, Check.PASSWORD_TAIL_80_BYTES)


def _password_non_ascii(case: Case) -> Iterator[Cell]:
    yield from _password(case, Kind.NON_ASCII, Check.PASSWORD_NON_ASCII)


def _password_changed(case: Case) -> Iterator[Cell]:
    user, _ = case.new_user()
    before = case.checked.log_in(user)
    case.need("log in before the change", case.checked, before, holds=is_login_of(user, before))
    new = new_password(Kind.ORDINARY)
    change = case.made.change_password(user, new)
    refused = case.comes_true(
        Check.OLD_PASSWORD_REFUSED, change, lambda: case.checked.log_in(user), lambda a: a.status == 401
    )
    case.sleep(GRANULE_S)
    answer = case.checked.log_in(user, password=new)
    holds = is_login_of(user, answer)
    if holds:
        answer = case.checked.validate(str(answer.token))
        holds = is_token_of(user, answer)
    yield case.cell(Check.NEW_PASSWORD_WORKS, change.at, answer, holds=holds)
    yield refused


def _token_revoked(case: Case) -> Iterator[Cell]:
    user, _ = case.new_user()
    token = case.made.make_token(user).token
    _need_token(case, user, token)
    change = case.made.revoke(token)
    yield case.comes_true(
        Check.REVOKED_TOKEN_REFUSED, change, lambda: case.checked.validate(token), case.refuses_token
    )


def _user_disabled(case: Case) -> Iterator[Cell]:
    user, token = _user_with_token(case)
    change = case.made.disable(user)
    yield case.comes_true(
        Check.DISABLED_TOKEN_REFUSED, change, lambda: case.checked.validate(token), case.refuses_token
    )
    yield case.comes_true(
        Check.DISABLED_LOGIN_REFUSED, change, lambda: case.checked.log_in(user), lambda a: a.status == 401
    )


def _user_deleted(case: Case) -> Iterator[Cell]:
    user, token = _user_with_token(case)
    change = case.made.delete(user)
    yield case.comes_true(
        Check.DELETED_TOKEN_REFUSED, change, lambda: case.checked.validate(token), case.refuses_token
    )
    yield case.comes_true(
        Check.DELETED_LOGIN_REFUSED, change, lambda: case.checked.log_in(user), lambda a: a.status == 401
    )


def _user_with_token(case: Case) -> tuple[User, str]:
    """A user whose token and login the checked node has just honoured, so that it has them in its cache."""
    user, _ = case.new_user()
    token = case.made.make_token(user).token
    _need_token(case, user, token)
    before = case.checked.log_in(user)
    case.need("log in before the change", case.checked, before, holds=is_login_of(user, before))
    return user, token


def _need_token(case: Case, user: User, token: str) -> None:
    before = case.checked.validate(token)
    case.need("validate the token before the change", case.checked, before, holds=is_token_of(user, before))


def _roles(case: Case) -> Iterator[Cell]:
    """One after the other on one user: a role that came must show before it can be seen to go."""
    kept, other = case.roles
    user, _ = case.new_user()
    case.made.grant(case.stand, user, kept)
    _need_roles(case, user, kept)
    change = case.made.grant(case.stand, user, other)
    yield _roles_become(case, Check.ROLE_GRANTED, change, user, kept, other)
    _need_roles(case, user, kept, other)
    change = case.made.take_away(case.stand, user, other)
    yield _roles_become(case, Check.ROLE_REVOKED, change, user, kept)


def _need_roles(case: Case, user: User, *names: str) -> None:
    before = case.checked.log_in(user, case.stand.project_id)
    case.need(
        "show the roles before the change", case.checked, before, holds=_has_roles(user, before, *names)
    )


def _roles_become(case: Case, check: Check, change: Made, user: User, *names: str) -> Cell:
    return case.comes_true(
        check,
        change,
        lambda: case.checked.log_in(user, case.stand.project_id),
        lambda answer: _has_roles(user, answer, *names),
    )


def _delegation(case: Case) -> Iterator[Cell]:
    role, _ = case.roles
    user, _ = case.new_user()
    case.made.grant(case.stand, user, role)
    token = case.made.make_token(user, case.stand.project_id).token
    credential, made = case.made.make_application_credential(user, token, case.name())
    answer = case.checked.log_in_by_application_credential(credential)
    yield case.cell(Check.APPLICATION_CREDENTIAL, made.at, answer, holds=_has_roles(user, answer, role))
    trustee, _ = case.new_user()
    trust_id, made = case.made.make_trust(case.stand, user, token, trustee, role)
    answer = case.checked.log_in_by_trust(trustee, trust_id)
    holds = _has_roles(trustee, answer, role) and at(answer.body, "token", "OS-TRUST:trust", "id") == trust_id
    yield case.cell(Check.TRUST, made.at, answer, holds=holds)


def _catalog(case: Case) -> Iterator[Cell]:
    there, here = case.made.read_catalog(), case.checked.read_catalog()
    expected = _services(there)
    case.need("show a catalog with anything in it", case.made, there, holds=bool(expected))
    same = _services(here) == expected
    words = None if same or here.status != 200 else "the catalogs differ"
    yield case.cell(Check.CATALOG, case.made.place(there), here, holds=same, detail=words)


def _services(answer: Answer) -> list[tuple[str, str, tuple[tuple[str, str, str], ...]]]:
    """Type, name and endpoints of each service, sorted; empty where there is no catalog."""
    services = answer.body.get("catalog") if answer.status == 200 else None
    return sorted(
        (str(service.get("type")), str(service.get("name")), _endpoints(service.get("endpoints") or ()))
        for service in services or ()
    )


def _endpoints(endpoints: Iterable[Mapping[str, object]]) -> tuple[tuple[str, str, str], ...]:
    keys = ("interface", "region_id", "url")
    return tuple(sorted(tuple(str(endpoint.get(key)) for key in keys) for endpoint in endpoints))  # type: ignore[misc]


PROCEDURES: tuple[Procedure, ...] = (
    Procedure(_user, (Check.USER_READS, Check.USER_LOGS_IN, Check.TOKEN_VALIDATES), quick=True, cached=True),
    Procedure(_password_60, (Check.PASSWORD_60_BYTES, Check.PASSWORD_TAIL_60_BYTES)),
    Procedure(_password_80, (Check.PASSWORD_80_BYTES, Check.PASSWORD_TAIL_80_BYTES)),
    Procedure(_password_non_ascii, (Check.PASSWORD_NON_ASCII,)),
    Procedure(_delegation, (Check.APPLICATION_CREDENTIAL, Check.TRUST)),
    Procedure(_catalog, (Check.CATALOG,)),
    Procedure(_token_revoked, (Check.REVOKED_TOKEN_REFUSED,), quick=True),
    Procedure(_token_cold, (Check.TOKEN_VALIDATES,), cached=False, drops_cache=True),
    Procedure(_password_changed, (Check.NEW_PASSWORD_WORKS, Check.OLD_PASSWORD_REFUSED), drops_cache=True),
    Procedure(_user_disabled, (Check.DISABLED_TOKEN_REFUSED, Check.DISABLED_LOGIN_REFUSED), drops_cache=True),
    Procedure(_user_deleted, (Check.DELETED_TOKEN_REFUSED, Check.DELETED_LOGIN_REFUSED), drops_cache=True),
    Procedure(_roles, (Check.ROLE_GRANTED, Check.ROLE_REVOKED), drops_cache=True),
)
"""All that is asked of a pair of nodes."""
