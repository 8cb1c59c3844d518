"""A node of a Keystone whose nodes share one memory, which can be told to misbehave in just one way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.keystone.credentials import Credentials
from tests.keystone_double.behaviours import cut
from tests.keystone_double.server import Behaviour, DoubleServer
from tests.keystone_double.wire import Reply, Seen

ADMIN = Credentials("admin", "admins-pass-word", "Default", "admin", "Default")
OLD, NEW = "27.1.0", "29.1.0"
BCRYPT_BYTES = 72
MIXED_UP = {
    "error": {
        "code": 400,
        "message": "Could not find role assignment with role: 5fa4, password=hunter2.",
        "title": "Bad Request",
    }
}
"""A node of several threads takes the roles of whoever asked last; this one tells a secret besides."""


@dataclass
class Person:
    id: str
    password: str
    home: str
    before: str | None = None
    enabled: bool = True
    deleted: bool = False
    roles: list[str] = field(default_factory=list)
    lost_roles: list[str] = field(default_factory=list)


@dataclass
class Token:
    text: str
    person: Person
    home: str
    revoked: bool = False
    cached: bool = True


@dataclass
class Memory:
    """What a shared database and cache hold."""

    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    count: int = 0
    on_revoked: Callable[[], None] = lambda: None
    """What somebody else does just when a token has been revoked."""
    on_stale: Callable[[], None] = lambda: None
    """And when a revoked one was honoured."""

    def new_id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}-{self.count}"


Answered = tuple[int, Any, dict[str, str]]


class PretendedNode(DoubleServer):
    """One node; `faults` names what it does wrong, nothing when empty.

    A fault that begins with a method and a path: no answer at all.
    """

    def __init__(self, name: str, release: str | None, memory: Memory) -> None:
        self.name = name
        self.release = release
        self.memory = memory
        self.faults: set[str] = set()
        self.cut_bytes = BCRYPT_BYTES
        super().__init__()

    def honest(self, seen: Seen) -> Reply:
        """What this node says, which is as honest as its faults let it be."""
        body = json.loads(seen.body) if seen.body else None
        with self.memory.lock:
            path = seen.path.strip("/").split("/")[1:]
            status, document, headers = self._route(seen.method, path, body, seen.headers)
        told = {
            "X-Keystone-Node": self.name,
            "X-Keystone-Release": self.release or "",
            "x-openstack-request-id": f"req-{self.count()}",
        }
        return Reply(status, document, told | headers)

    def _next_behaviour(self, what: str) -> Behaviour | None:
        if any(what.startswith(fault) for fault in self.faults):
            return cut
        return super()._next_behaviour(what)

    def _route(self, method: str, path: list[str], body: Any, headers: Any) -> Answered:
        subject = headers.get("x-subject-token", "")
        if path == ["auth", "tokens"] and method == "POST":
            return self._log_in(body["auth"])
        caller = self.memory.tokens.get(headers.get("x-auth-token", ""))
        if path[-1] == "password":
            return self._change_password(path[1], body["user"])
        if caller is None or "forgets_admin" in self.faults:
            return 401, {}, {}
        match method, path:
            case "GET", ["auth", "tokens"]:
                return self._validate(subject)
            case "DELETE", ["auth", "tokens"]:
                self.memory.tokens[subject].revoked = True
                self.memory.on_revoked()
                return 204, None, {}
            case "GET", ["auth", "catalog"]:
                return self._catalog()
            case "GET" | "PATCH" | "DELETE" | "PUT", _:
                return self._users(method, path, body)
        return self._make(caller, path, body)

    def _make(self, caller: Token, path: list[str], body: Any) -> Answered:
        match path:
            case ["projects"]:
                return 201, {"project": {"id": self.memory.new_id("project")}}, {}
            case ["roles"]:
                role = self.memory.new_id("role")
                self.memory.roles[role] = body["role"]["name"]
                return 201, {"role": {"id": role}}, {}
            case ["OS-TRUST", "trusts"]:
                trust = self._keep("trust", person=caller.person)
                return 201, {"trust": {"id": trust}}, {}
            case ["users", _, "application_credentials"] if "mixes_up_callers" in self.faults:
                return 400, MIXED_UP, {}
            case ["users", _, "application_credentials"]:
                key = self._keep("credential", person=caller.person)
                return 201, {"application_credential": {"id": key, "secret": f"secret-of-{key}"}}, {}
            case ["users"]:
                return self._create(body["user"]["password"])
        raise AssertionError(f"POST {path} was not expected")

    def _users(self, method: str, path: list[str], body: Any) -> Answered:
        match method, path:
            case "GET", ["users", key]:
                hidden = "hides_users" in self.faults and self.memory.people[key].home != self.name
                return (404, {}, {}) if hidden else (200, {"user": {"id": key}}, {})
            case "PATCH", ["users", key]:
                self.memory.people[key].enabled = False
                return 200, {}, {}
            case "DELETE", ["users", key]:
                self.memory.people[key].deleted = True
                for token in self.memory.tokens.values():
                    token.cached = False
                return 204, None, {}
            case "PUT", ["projects", _, "users", key, "roles", role]:
                self.memory.people[key].roles.append(self.memory.roles[role])
                return 204, None, {}
            case "DELETE", ["projects", _, "users", key, "roles", role]:
                name = self.memory.roles[role]
                self.memory.people[key].roles.remove(name)
                self.memory.people[key].lost_roles.append(name)
                return 204, None, {}
        raise AssertionError(f"{method} {path} was not expected")

    def _create(self, password: str) -> Answered:
        if "creates_no_users" in self.faults:
            return 503, {}, {}
        key = self.memory.new_id("user")
        self.memory.people[key] = Person(key, password, self.name)
        return 201, {"user": {"id": key}}, {}

    def _keep(self, kind: str, **thing: Any) -> str:
        key = self.memory.new_id(kind)
        self.memory.things[key] = {**thing, "home": self.name}
        return key

    def _change_password(self, key: str, user: Any) -> Answered:
        person = self.memory.people[key]
        person.before, person.password = person.password, user["password"]
        return 204, None, {}

    def _log_in(self, auth: Any) -> Answered:
        identity = auth["identity"]
        if "application_credential" in identity["methods"]:
            return self._by_thing(identity["application_credential"]["id"], "refuses_credentials")
        given = identity["password"]["user"]
        if given.get("name") == ADMIN.username:
            if "refuses_admin" in self.faults:
                return 500, {}, {}
            return self._issue(self.memory.people.setdefault("admin", Person("admin", "", self.name)), {})
        person = self.memory.people[given["id"]]
        if not self._accepts(person, given["password"]):
            return (500 if "stumbles_over_wrong_passwords" in self.faults else 401), {}, {}
        trust = auth.get("scope", {}).get("OS-TRUST:trust")
        if trust:
            return self._by_thing(trust["id"], "refuses_trusts", person)
        return self._issue(person, auth.get("scope", {}))

    def _by_thing(self, key: str, fault: str, person: Person | None = None) -> Answered:
        thing = self.memory.things[key]
        if fault in self.faults and thing["home"] != self.name:
            return 401, {}, {}
        extra = {"OS-TRUST:trust": {"id": key}} if person else {}
        owner: Person = thing["person"]
        return self._issue(person or owner, {"project": {}}, extra, roles=owner.roles)

    def _accepts(self, person: Person, given: str) -> bool:
        faults, here = self.faults, person.home == self.name
        if person.deleted:
            return "logs_in_deleted" in faults
        if not person.enabled:
            return "logs_in_disabled" in faults
        if person.before is not None and given == person.before:
            return "takes_old_passwords" in faults
        if person.before is not None and "refuses_new_passwords" in faults:
            return False
        if "refuses_foreign_logins" in faults and not here:
            return False
        if not here and f"refuses_{_kind_of(given)}" in faults:
            return False
        mine, theirs = (text.encode()[: self.cut_bytes] for text in (given, person.password))
        return mine == theirs

    def _issue(
        self,
        person: Person,
        scope: Any,
        extra: dict[str, Any] | None = None,
        roles: list[str] | None = None,
    ) -> Answered:
        text = self.memory.new_id("gAAAA")
        self.memory.tokens[text] = Token(text, person, self.name)
        return 201, self._token(person, scope, extra, roles), {"X-Subject-Token": text}

    def _token(
        self,
        person: Person,
        scope: Any,
        extra: dict[str, Any] | None = None,
        roles: list[str] | None = None,
    ) -> dict[str, Any]:
        names = list(person.roles if roles is None else roles)
        if "sees_no_new_roles" in self.faults:
            names = names[:1]
        if "keeps_lost_roles" in self.faults:
            names += person.lost_roles
        token: dict[str, Any] = {
            "user": {"id": person.id, "domain": {"id": "default"}},
            "expires_at": "2999-01-01T00:00:00.000000Z",
            **(extra or {}),
        }
        if scope:
            token["roles"] = [{"name": name} for name in names]
        return {"token": token}

    def _validate(self, subject: str) -> Answered:
        token = self.memory.tokens.get(subject)
        if token is None or not self._honours(token):
            return 404, {}, {}
        token.cached = True
        person = Person("somebody", "", "") if "mistakes_tokens" in self.faults else token.person
        return 200, self._token(person, {}), {}

    def _honours(self, token: Token) -> bool:
        faults = self.faults
        if token.revoked:
            stale = "honours_revoked" in faults
            if stale:
                self.memory.on_stale()
            return stale
        if token.person.deleted:
            return "honours_deleted" in faults
        if not token.person.enabled:
            return "honours_disabled" in faults
        if token.home == self.name:
            return True
        if "refuses_cold_tokens" in faults and not token.cached:
            return False
        return "refuses_foreign_tokens" not in faults

    def _catalog(self) -> Answered:
        url = "http://elsewhere" if "has_another_catalog" in self.faults else "http://here"
        endpoints = [{"interface": "public", "region_id": "RegionOne", "url": url}]
        services = [{"type": "identity", "name": "keystone", "endpoints": endpoints}]
        return 200, {"catalog": [] if "has_no_catalog" in self.faults else services}, {}


def _kind_of(password: str) -> str:
    if not password.isascii():
        return "non_ascii"
    return {60: "60_bytes", 80: "80_bytes"}.get(len(password), "ordinary")
