"""How each kind of old data is made, told straight, with how a node is asked for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from harness.evidence.continuity import Check, Place
from harness.keystone import api
from harness.keystone.reply import Reply
from harness.procedure.continuity.node_api import (
    ApplicationCredential,
    Fixture,
    NodeApi,
    NotMadeError,
    User,
)
from harness.procedure.continuity.old_ground import Ground, made_id
from harness.procedure.continuity.old_passwords import OLD_HASHES, OLD_PASSWORD
from harness.procedure.continuity.old_projects import old_projects
from harness.procedure.continuity.old_thing import Look, OldThing, has_roles

_ACCESS_RULES = ({"path": "/v3/projects", "method": "GET", "service": "identity"},)


def _password(check: Check, ground: Ground) -> OldThing:
    rows = ground.rows
    user, at = ground.user()
    rows.set_password_hash(user.id, OLD_HASHES[check].hashed)
    kept = User(user.id, OLD_PASSWORD)
    return OldThing(check, 1, at, lambda node: _logged_in(kept, node.log_in(kept)))


def _credential(check: Check, kind: str, blob: Callable[[], str], ground: Ground) -> OldThing:
    user, at = ground.user()
    kept = blob()
    credential = {"type": kind, "blob": kept, "user_id": user.id, "project_id": ground.project_id}
    ground.node.make("create a credential", lambda token: api.create_credential(token, credential))

    def ask(node: NodeApi) -> Look:
        answer = node.ask(lambda token: api.find_credentials(token, user.id, kind))
        found = [str(each.get("blob")) for each in answer.at("credentials") or ()]
        holds = answer.status == 200 and found == [kept]
        return Look(answer, holds, None if holds or answer.status != 200 else "it is not as it was made")

    return OldThing(check, 1, at, ask)


def _ec2_blob() -> str:
    return orjson.dumps({"access": secrets.token_hex(16), "secret": secrets.token_hex(16)}).decode()


def _cert_blob() -> str:
    return f"-----BEGIN CERTIFICATE-----\n{secrets.token_hex(64)}\n-----END CERTIFICATE-----"


def _totp_blob() -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "".join(secrets.choice(letters) for _ in range(32))


def _trust(ground: Ground) -> OldThing:
    trustor, at, role = ground.user_with_role()
    trustee, _ = ground.user()
    fixture = Fixture(ground.project_id, {})
    trust_id, _ = ground.node.make_trust(fixture, trustor, ground.log_in(trustor), trustee, role)

    def ask(node: NodeApi) -> Look:
        answer = node.log_in_by_trust(trustee, trust_id)
        is_it = answer.at("token", "OS-TRUST:trust", "id") == trust_id
        return Look(answer, has_roles(trustee, answer, role) and is_it)

    return OldThing(Check.OLD_TRUST, 1, at, ask)


def _application_credential(check: Check, rules: Sequence[Mapping[str, str]], ground: Ground) -> OldThing:
    user, at, role = ground.user_with_role()
    own, name = ground.log_in(user), ground.name()
    made = ground.node.make(
        "create an application credential",
        lambda _: api.create_application_credential(own, user.id, name, rules),
    )
    credential_id = made_id(ground.node, made, "application_credential")
    secret = str(made.reply.at("application_credential", "secret"))
    credential = ApplicationCredential(credential_id, secret)

    def ask(node: NodeApi) -> Look:
        answer = node.log_in_by_application_credential(credential)
        return Look(answer, has_roles(user, answer, role) and _rules(answer) == _plain(rules))

    return OldThing(check, 1, at, ask)


def _rules(answer: Reply) -> list[tuple[Any, ...]]:
    return _plain(answer.at("token", "application_credential", "access_rules") or ())


def _plain(rules: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((rule.get("service"), rule.get("method"), rule.get("path")) for rule in rules)


def _group_role(ground: Ground) -> OldThing:
    user, at = ground.user()
    role, role_id = ground.role()
    group = {"name": ground.name(), "domain_id": ground.domain_id}
    made = ground.node.make("create a group", lambda token: api.create_group(token, group))
    group_id, project_id = made_id(ground.node, made, "group"), ground.project_id
    ground.node.make("fill a group", lambda token: api.add_to_group(token, group_id, user.id), status=204)
    ground.node.make(
        "grant a role to a group",
        lambda token: api.grant_role_to_group(token, project_id, group_id, role_id),
        status=204,
    )
    return _with_roles(Check.OLD_GROUP_ROLE, ground, user, at, role)


def _implied_role(ground: Ground) -> OldThing:
    user, at = ground.user()
    (prior, prior_id), (implied, implied_id) = ground.role(), ground.role()
    ground.imply(prior_id, implied_id)
    ground.grant(user, prior_id)
    return _with_roles(Check.OLD_IMPLIED_ROLE, ground, user, at, prior, implied)


def _domain_role(ground: Ground) -> OldThing:
    """A domain's own role stands in no token; what it implies does."""
    user, at = ground.user()
    (_, own_id), (implied, implied_id) = ground.role(ground.domain_id), ground.role()
    ground.imply(own_id, implied_id)
    ground.grant(user, own_id)
    return _with_roles(Check.OLD_DOMAIN_ROLE, ground, user, at, implied)


def _with_roles(check: Check, ground: Ground, user: User, at: Place, *names: str) -> OldThing:
    def ask(node: NodeApi) -> Look:
        answer = node.log_in(user, ground.project_id)
        return Look(answer, has_roles(user, answer, *names))

    return OldThing(check, 1, at, ask)


def _disabled_user(ground: Ground) -> OldThing:
    user, at = _user_who_logs_in(ground)
    ground.node.disable(user)
    return OldThing(Check.OLD_DISABLED_USER, 1, at, lambda node: _refused(node.log_in(user)))


def _expired_password(ground: Ground) -> OldThing:
    rows = ground.rows
    user, at = _user_who_logs_in(ground)
    rows.expire_password(user.id)
    return OldThing(Check.OLD_EXPIRED_PASSWORD, 1, at, lambda node: _refused(node.log_in(user)))


def _user_who_logs_in(ground: Ground) -> tuple[User, Place]:
    """A refusal says nothing of whoever never could."""
    user, at = ground.user()
    answer = ground.node.log_in(user)
    if not _logged_in(user, answer).holds:
        raise NotMadeError("log in before it is to be refused", ground.node.name, answer)
    return user, at


def _logged_in(user: User, answer: Reply) -> Look:
    return Look(answer, answer.status == 201 and answer.at("token", "user", "id") == user.id)


def _refused(answer: Reply) -> Look:
    return Look(answer, answer.status == 401)


@dataclass(frozen=True, slots=True)
class Kind:
    """What is made together."""

    checks: tuple[Check, ...]
    make: Callable[[Ground], tuple[OldThing, ...]]
    """One thing for each check, in their order.

    Raises LeftOutError where there can be no such thing here, NotMadeError or HarnessError where it failed.
    """


def _one(check: Check, make: Callable[[Ground], OldThing]) -> Kind:
    return Kind((check,), lambda ground: (make(ground),))


KINDS: tuple[Kind, ...] = (
    *(_one(check, partial(_password, check)) for check in OLD_HASHES),
    _one(Check.OLD_EC2, partial(_credential, Check.OLD_EC2, "ec2", _ec2_blob)),
    _one(Check.OLD_TOTP, partial(_credential, Check.OLD_TOTP, "totp", _totp_blob)),
    _one(Check.OLD_CERT, partial(_credential, Check.OLD_CERT, "cert", _cert_blob)),
    _one(Check.OLD_TRUST, _trust),
    _one(
        Check.OLD_APPLICATION_CREDENTIAL,
        partial(_application_credential, Check.OLD_APPLICATION_CREDENTIAL, ()),
    ),
    _one(Check.OLD_ACCESS_RULES, partial(_application_credential, Check.OLD_ACCESS_RULES, _ACCESS_RULES)),
    _one(Check.OLD_GROUP_ROLE, _group_role),
    _one(Check.OLD_IMPLIED_ROLE, _implied_role),
    _one(Check.OLD_DOMAIN_ROLE, _domain_role),
    _one(Check.OLD_DISABLED_USER, _disabled_user),
    _one(Check.OLD_EXPIRED_PASSWORD, _expired_password),
    Kind((Check.OLD_PROJECT_LIST, Check.OLD_PROJECTS), old_projects),
)
"""Every kind there is, in the order of their checks."""
