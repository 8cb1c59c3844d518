"""Each check, told straight: make it at one node, change it there, look for it at the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.evidence.continuity import Cell, Check
from harness.keystone.reply import Reply
from harness.procedure.continuity.node_api import Made, User
from harness.procedure.continuity.passwords import PasswordKind, new_password, wrong_in_its_last_byte
from harness.procedure.continuity.trial import GRANULE_S, Trial, looks_at_cached


@dataclass(frozen=True, slots=True)
class Procedure:
    """How one or more cells come about; every user of it is its own."""

    run: Callable[[Trial], Iterator[Cell]]
    checks: tuple[Check, ...]
    """The cells that it yields, in this order."""
    quick: bool = False
    """Carried out for every pair of nodes, not for the first alone."""
    cached: bool | None = None
    """What its cell of a token says of the cache, where that could not be carried out."""
    drops_cache: bool = False
    """It makes Keystone drop every cached token, so it must not run beside what needs a cached one; what a
    drop would heal is besides looked at `alone`."""


def is_login_of(user: User, answer: Reply) -> bool:
    """Whether a token came, and it is this user's."""
    return answer.status == 201 and bool(answer.token) and answer.at("token", "user", "id") == user.id


def is_token_of(user: User, answer: Reply) -> bool:
    """Whether a validation says that the token is this user's."""
    return answer.status == 200 and answer.at("token", "user", "id") == user.id


def _has_roles(user: User, answer: Reply, *names: str) -> bool:
    """Whether a login came with exactly these roles."""
    roles = answer.at("token", "roles") or ()
    return is_login_of(user, answer) and sorted(str(role.get("name")) for role in roles) == sorted(names)


def _user(trial: Trial) -> Iterator[Cell]:
    """What is only looked at does not disturb one another, so that one user serves for all of it."""
    user, made = trial.new_user()
    answer = trial.checked.read_user(user)
    holds = answer.status == 200 and answer.at("user", "id") == user.id
    yield trial.cell(Check.USER_READS, made.at, answer, holds=holds)
    answer = trial.checked.log_in(user)
    yield trial.cell(Check.USER_LOGS_IN, made.at, answer, holds=is_login_of(user, answer))
    yield from trial.undisturbed(lambda: _token_cached(trial, user))


def _token_cached(trial: Trial, user: User) -> Iterator[Cell]:
    """Validated where it was issued a moment before, so that the other finds it in the shared cache."""
    token = trial.made.make_token(user)
    with trial.alone():
        there = trial.made.validate(token.token)
        holds = is_token_of(user, there)
        trial.need("validate the token that it had issued", trial.made, there, holds=holds)
        answer = trial.checked.validate(token.token)
    holds, looks = is_token_of(user, answer), looks_at_cached(there, answer)
    yield trial.cell(Check.TOKEN_VALIDATES, token.at, answer, holds=holds, cached=True, looks=looks)


def _token_cold(trial: Trial) -> Iterator[Cell]:
    """Keystone caches a token as it issues it; deleting some user drops the whole token cache."""
    user, _ = trial.new_user()
    spare, _ = trial.new_user()
    token = trial.made.make_token(user)
    with trial.alone():
        trial.made.delete(spare)
        answer = trial.checked.validate(token.token)
    yield trial.cell(Check.TOKEN_VALIDATES, token.at, answer, holds=is_token_of(user, answer), cached=False)


def _password(trial: Trial, kind: PasswordKind, right: Check) -> Iterator[Cell]:
    user, made = trial.new_user(kind)
    answer = trial.checked.log_in(user)
    yield trial.cell(right, made.at, answer, holds=is_login_of(user, answer))


def _long_password(trial: Trial, kind: PasswordKind, right: Check, tail: Check) -> Iterator[Cell]:
    """A release that cuts passwords at another length refuses what the other stored, or takes too much."""
    user, made = trial.new_user(kind)
    answer = trial.checked.log_in(user)
    yield trial.cell(right, made.at, answer, holds=is_login_of(user, answer))
    wrong = wrong_in_its_last_byte(user.password)
    there = trial.made.log_in(user, password=wrong)
    treated = there.status in (201, 401)
    trial.need("log in with a wrong password", trial.made, there, holds=treated, valid=False)
    here = trial.checked.log_in(user, password=wrong)
    same = here.status == there.status
    words = f"{trial.made.name} {there.words}, {trial.checked.name} {here.words}"
    if same:
        words = ACCEPTED_BY_BOTH if here.status == 201 else "refused by both"
    yield trial.cell(tail, made.at, here, holds=same, detail=words)


ACCEPTED_BY_BOTH = "accepted by both"
"""Detail of a tail check where both nodes took the wrong password: they agree, which is all it asks."""


def _password_60(trial: Trial) -> Iterator[Cell]:
    yield from _long_password(
        trial, PasswordKind.BYTES_60, Check.PASSWORD_60_BYTES, Check.PASSWORD_TAIL_60_BYTES
    )


def _password_80(trial: Trial) -> Iterator[Cell]:
    yield from _long_password(
        trial, PasswordKind.BYTES_80, Check.PASSWORD_80_BYTES, Check.PASSWORD_TAIL_80_BYTES
    )


def _password_non_ascii(trial: Trial) -> Iterator[Cell]:
    yield from _password(trial, PasswordKind.NON_ASCII, Check.PASSWORD_NON_ASCII)


def _password_changed(trial: Trial) -> Iterator[Cell]:
    user, _ = trial.new_user()
    before = _need_login(trial, user)
    new = new_password(PasswordKind.ORDINARY)
    with trial.alone():
        change = trial.made.change_password(user, new)
    refused = _login_ends(trial, Check.OLD_PASSWORD_REFUSED, before, change, user)
    trial.sleep(GRANULE_S)
    answer = trial.checked.log_in(user, password=new)
    holds = is_login_of(user, answer)
    if holds:
        answer = trial.checked.validate(str(answer.token))
        holds = is_token_of(user, answer)
    yield trial.cell(Check.NEW_PASSWORD_WORKS, change.at, answer, holds=holds)
    yield refused


def _token_revoked(trial: Trial) -> Iterator[Cell]:
    def attempt() -> Iterator[Cell]:
        user, _ = trial.new_user()
        token = trial.made.make_token(user).token
        yield _token_ends(trial, Check.REVOKED_TOKEN_REFUSED, user, token, lambda: trial.made.revoke(token))[
            0
        ]

    return trial.undisturbed(attempt)


def _user_disabled(trial: Trial) -> Iterator[Cell]:
    checks = Check.DISABLED_TOKEN_REFUSED, Check.DISABLED_LOGIN_REFUSED
    return trial.undisturbed(lambda: _user_ends(trial, trial.made.disable, *checks))


def _user_deleted(trial: Trial) -> Iterator[Cell]:
    checks = Check.DELETED_TOKEN_REFUSED, Check.DELETED_LOGIN_REFUSED
    return trial.undisturbed(lambda: _user_ends(trial, trial.made.delete, *checks))


def _user_ends(
    trial: Trial, end: Callable[[User], Made], token_check: Check, login_check: Check
) -> Iterator[Cell]:
    """A user whose login and token the checked node has just honoured, so that it has them in its cache."""
    user, _ = trial.new_user()
    token = trial.made.make_token(user).token
    before = _need_login(trial, user)
    seen, change = _token_ends(trial, token_check, user, token, lambda: end(user))
    yield seen
    yield _login_ends(trial, login_check, before, change, user)


def _token_ends(
    trial: Trial, check: Check, user: User, token: str, end: Callable[[], Made]
) -> tuple[Cell, Made]:
    """A token that the checked node has just validated, until it refuses it; and what ended it."""
    with trial.alone():
        before = trial.checked.validate(token)
        holds = is_token_of(user, before)
        trial.need("validate the token before the change", trial.checked, before, holds=holds)
        change = end()
        seen = trial.comes_true(
            check, before, change, lambda: trial.checked.validate(token), trial.refuses_token
        )
    return seen, change


def _need_login(trial: Trial, user: User) -> Reply:
    before = trial.checked.log_in(user)
    trial.need("log in before the change", trial.checked, before, holds=is_login_of(user, before))
    return before


def _login_ends(trial: Trial, check: Check, before: Reply, change: Made, user: User) -> Cell:
    return trial.comes_true(
        check, before, change, lambda: trial.checked.log_in(user), lambda answer: answer.status == 401
    )


def _roles(trial: Trial) -> Iterator[Cell]:
    return trial.undisturbed(lambda: _role_comes_and_goes(trial))


def _role_comes_and_goes(trial: Trial) -> Iterator[Cell]:
    """One after the other on one user: a role that came must show before it can be seen to go."""
    kept, other = trial.roles
    user, _ = trial.new_user()
    with trial.alone():
        trial.made.grant(trial.fixture, user, kept)
        before = _need_roles(trial, user, kept)
        change = trial.made.grant(trial.fixture, user, other)
        granted = _roles_become(trial, Check.ROLE_GRANTED, before, change, user, kept, other)
    yield granted
    with trial.alone():
        before = _need_roles(trial, user, kept, other)
        change = trial.made.take_away(trial.fixture, user, other)
        revoked = _roles_become(trial, Check.ROLE_REVOKED, before, change, user, kept)
    yield revoked


def _need_roles(trial: Trial, user: User, *names: str) -> Reply:
    before = trial.checked.log_in(user, trial.fixture.project_id)
    holds = _has_roles(user, before, *names)
    trial.need("show the roles before the change", trial.checked, before, holds=holds)
    return before


def _roles_become(trial: Trial, check: Check, before: Reply, change: Made, user: User, *names: str) -> Cell:
    return trial.comes_true(
        check,
        before,
        change,
        lambda: trial.checked.log_in(user, trial.fixture.project_id),
        lambda answer: _has_roles(user, answer, *names),
    )


def _delegation(trial: Trial) -> Iterator[Cell]:
    role, _ = trial.roles
    user, _ = trial.new_user()
    with trial.alone():
        trial.made.grant(trial.fixture, user, role)
    token = trial.made.make_token(user, trial.fixture.project_id).token
    credential, made = trial.made.make_application_credential(user, token, trial.name())
    answer = trial.checked.log_in_by_application_credential(credential)
    yield trial.cell(Check.APPLICATION_CREDENTIAL, made.at, answer, holds=_has_roles(user, answer, role))
    trustee, _ = trial.new_user()
    trust_id, made = trial.made.make_trust(trial.fixture, user, token, trustee, role)
    answer = trial.checked.log_in_by_trust(trustee, trust_id)
    holds = _has_roles(trustee, answer, role) and answer.at("token", "OS-TRUST:trust", "id") == trust_id
    yield trial.cell(Check.TRUST, made.at, answer, holds=holds)


def _catalog(trial: Trial) -> Iterator[Cell]:
    there, here = trial.made.read_catalog(), trial.checked.read_catalog()
    expected = _services(there)
    trial.need("show a catalog with anything in it", trial.made, there, holds=bool(expected))
    same = _services(here) == expected
    words = None if same or here.status != 200 else "the catalogs differ"
    yield trial.cell(Check.CATALOG, trial.made.place(there), here, holds=same, detail=words)


def _services(answer: Reply) -> list[tuple[str, str, tuple[tuple[str, str, str], ...]]]:
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
