"""A node that knows of old data as well, and of what writes it behind the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from harness.procedure.continuity.old_passwords import OLD_HASHES, OLD_PASSWORD
from tests.keystone_double.node import Answered, Memory, Person, PretendedNode, Token
from tests.keystone_double.wire import Reply, Seen


@dataclass
class OldMemory(Memory):
    """What the nodes share, of old data too; it satisfies `abilities.OldRows`."""

    hashes: dict[str, str] = field(default_factory=dict)
    """User -> what is kept of its password."""
    expired: set[str] = field(default_factory=set)
    projects: dict[str, str] = field(default_factory=dict)
    """Id -> its domain."""
    credentials: dict[str, dict[str, str]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    """Group -> users."""
    group_roles: dict[str, list[str]] = field(default_factory=dict)
    """Group -> roles, by their ids."""
    implied: dict[str, str] = field(default_factory=dict)
    """Name of a role -> the one that it implies."""
    of_domains: set[str] = field(default_factory=set)
    """Names of roles that are a domain's own."""

    def set_password_hash(self, user_id: str, hashed: str) -> None:
        self.hashes[user_id] = hashed
        self.people[user_id].password = OLD_PASSWORD

    def expire_password(self, user_id: str) -> None:
        self.expired.add(user_id)

    def multiply_project(self, project_id: str, others: Mapping[str, str]) -> None:
        self.projects.update(dict.fromkeys(others, self.projects[project_id]))


class OldNode(PretendedNode):
    """A fault more: `does_not_read_<kind of hash>` closes the connection, as an uncaught exception does."""

    memory: OldMemory
    db_limit: int | None = None
    """`max_db_limit`; None: a release without pages."""

    def honest(self, seen: Seen) -> Reply:
        self.asked = {key: values[0] for key, values in parse_qs(seen.path.partition("?")[2]).items()}
        bare = Seen(seen.method, seen.path.partition("?")[0], seen.headers, seen.body, seen.connection)
        return super().honest(bare)

    def _make(self, caller: Token, path: list[str], body: Any) -> Answered:
        match path:
            case ["domains" | "groups" as kind]:
                return 201, {kind[:-1]: {"id": self.memory.new_id(kind[:-1])}}, {}
            case ["projects"]:
                project = self.memory.new_id("project")
                self.memory.projects[project] = body["project"]["domain_id"]
                return 201, {"project": {"id": project}}, {}
            case ["credentials"]:
                self.memory.credentials[self.memory.new_id("credential")] = body["credential"]
                return 201, {"credential": {}}, {}
            case ["users", _, "application_credentials"]:
                rules = body["application_credential"].get("access_rules", [])
                status, made, headers = super()._make(caller, path, body)
                self.memory.things[made["application_credential"]["id"]]["rules"] = rules
                return status, made, headers
            case ["roles"]:
                if body["role"].get("domain_id"):
                    self.memory.of_domains.add(body["role"]["name"])
        return super()._make(caller, path, body)

    def _users(self, method: str, path: list[str], body: Any) -> Answered:
        match method, path:
            case "GET", ["credentials"]:
                return self._credentials()
            case "GET", ["projects"]:
                return self._projects()
            case "GET", ["projects", key]:
                gone = "hides_a_project" in self.faults and key == self._hidden
                return (404, {}, {}) if gone else (200, {"project": {"id": key}}, {})
            case "PUT", ["groups", group, "users", user]:
                self.memory.members.setdefault(group, []).append(user)
                return 204, None, {}
            case "PUT", ["projects", _, "groups", group, "roles", role]:
                self.memory.group_roles.setdefault(group, []).append(role)
                return 204, None, {}
            case "PUT", ["roles", prior, "implies", implied]:
                self.memory.implied[self.memory.roles[prior]] = self.memory.roles[implied]
                return 201, {}, {}
        return super()._users(method, path, body)

    @property
    def _hidden(self) -> str:
        """The project that a faulty node has lost."""
        return sorted(self.memory.projects)[-1]

    def _credentials(self) -> Answered:
        kind = self.asked["type"]
        mine = {"type": kind, "user_id": self.asked["user_id"]}
        found = [each for each in self.memory.credentials.values() if each.items() >= mine.items()]
        if f"has_lost_the_key_of_{kind}" in self.faults:
            raise ConnectionAbortedError
        if f"spoils_{kind}" in self.faults:
            found = [each | {"blob": "spoilt"} for each in found]
        return 200, {"credentials": found}, {}

    def _projects(self) -> Answered:
        ids = sorted(key for key, domain in self.memory.projects.items() if domain == self.asked["domain_id"])
        if "hides_a_project" in self.faults:
            ids.remove(self._hidden)
        if "fails_lists" in self.faults:
            return 500, {}, {}
        following = None
        if self.db_limit is not None:
            page = [key for key in ids if key > self.asked.get("marker", "")][: self.db_limit]
            more = "limit" in self.asked and len(page) == self.db_limit
            ids, following = page, "http://elsewhere/next" if more else None
        return 200, {"projects": [{"id": key} for key in ids], "links": {"next": following}}, {}

    def _accepts(self, person: Person, given: str) -> bool:
        if person.id in self.memory.expired:
            return "lets_expired_in" in self.faults
        hashed = self.memory.hashes.get(person.id)
        for check, known in OLD_HASHES.items():
            if hashed == known.hashed and f"does_not_read_{check}" in self.faults:
                raise ConnectionAbortedError
        return super()._accepts(person, given)

    def _by_thing(self, key: str, fault: str, person: Person | None = None) -> Answered:
        status, document, headers = super()._by_thing(key, fault, person)
        if person is None and status == 201:
            rules = [] if "forgets_access_rules" in self.faults else self.memory.things[key].get("rules", [])
            document["token"]["application_credential"] = {"id": key, "access_rules": rules}
        return status, document, headers

    def _token(
        self,
        person: Person,
        scope: Any,
        extra: dict[str, Any] | None = None,
        roles: list[str] | None = None,
    ) -> dict[str, Any]:
        names = self._effective(person) if roles is None else roles
        return super()._token(person, scope, extra, names)

    def _effective(self, person: Person) -> list[str]:
        """A domain's own roles stand in no token, what they imply does."""
        names = list(person.roles)
        if "forgets_groups" not in self.faults:
            groups = [group for group, users in self.memory.members.items() if person.id in users]
            names += [self.memory.roles[role] for group in groups for role in self.memory.group_roles[group]]
        own = self.memory.of_domains
        for name in list(names):
            lost = "forgets_domain_roles" if name in own else "forgets_implied_roles"
            if name in self.memory.implied and lost not in self.faults:
                names.append(self.memory.implied[name])
        return [name for name in names if name not in own]
