"""A Keystone in good health, as the load, the seeding and the read-back ask it."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.keystone_double.server import DoubleServer
from tests.keystone_double.wire import Reply, Seen

PROJECT_ID = "p" * 32


class FakeKeystone(DoubleServer):
    """Keeps users, projects, grants and tokens in memory."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        """User id -> what was asked for, the password included."""
        self.projects: dict[str, dict[str, Any]] = {}
        self.grants: set[str] = set()
        """`<user id>/<project id>/<role id>`."""
        self.db_limit: int | None = None
        """`max_db_limit` of Keystone from 27.0.0: a list of users has no more, and a `next` only where a page
        was asked for; None: a release without pages."""
        super().__init__()

    def honest(self, seen: Seen) -> Reply:
        """What a Keystone in good health says."""
        what = (seen.method, seen.path)
        if what == ("POST", "/v3/auth/tokens"):
            return self._issue(json.loads(seen.body))
        owner = self._tokens.get(seen.headers.get("x-auth-token", ""))
        if owner is None:
            return Reply(401, {"error": {"message": "The request you have made requires authentication."}})
        if what == ("GET", "/v3/auth/tokens"):
            subject = self._tokens.get(seen.headers.get("x-subject-token", ""))
            return Reply(200, _token(subject)) if subject else Reply(404, {"error": {"message": "no token"}})
        if what == ("GET", "/v3/projects"):
            return self._list_projects()
        if what == ("POST", "/v3/users"):
            return self._create(json.loads(seen.body)["user"])
        if what == ("POST", "/v3/projects"):
            return self._create_project(json.loads(seen.body)["project"])
        return self._administer(seen) or self._one_project(seen) or self._one_user(seen)

    def _administer(self, seen: Seen) -> Reply | None:
        """What only the seeding asks for."""
        path = seen.path.partition("?")[0]
        if path == "/v3/roles":
            return Reply(200, {"roles": [{"id": f"id-of-role-{n}", "name": n} for n in ("admin", "member")]})
        if (seen.method, path) == ("GET", "/v3/projects"):
            return self._list_projects()
        if (seen.method, path) == ("GET", "/v3/users"):
            return self._list_users(seen.path)
        if (seen.method, path) == ("GET", "/v3/role_assignments"):
            return Reply(200, {"role_assignments": [_assignment(grant) for grant in sorted(self.grants)]})
        return self._one_grant(seen.method, path.split("/")) if "/roles/" in path else None

    def _list_users(self, path: str) -> Reply:
        """Keystone 27.0.0 and later: by id, `marker` is the last one of the page before."""
        users = [self._user(key) for key in sorted(self._users)]
        if self.db_limit is None:
            return Reply(200, {"users": users, "links": {"next": None}})
        asked = dict(parse_qsl(path.partition("?")[2]))
        if (marker := asked.get("marker")) and marker not in self._users:
            return Reply(404, {"error": {"message": f"Marker {marker} could not be found."}})
        limit = min(int(asked.get("limit", self.db_limit)), self.db_limit)
        page = [user for user in users if user["id"] > asked.get("marker", "")][:limit]
        more = "limit" in asked and len(page) == limit
        behind = urlencode({**asked, "limit": limit, "marker": page[-1]["id"]}) if more else ""
        following = f"http://public.example:5000/v3/users?{behind}" if more else None
        return Reply(200, {"users": page, "links": {"next": following}})

    def _one_grant(self, method: str, parts: list[str]) -> Reply:
        """/v3/projects/{project}/users/{user}/roles/{role}."""
        grant = f"{parts[5]}/{parts[3]}/{parts[7]}"
        if method == "DELETE" and grant not in self.grants:
            return Reply(404, {"error": {"message": "Could not find role assignment"}})
        (self.grants.add if method == "PUT" else self.grants.discard)(grant)
        return Reply(204)

    def _list_projects(self) -> Reply:
        own = {"id": PROJECT_ID, "name": "p", "description": "", "enabled": True}
        return Reply(200, {"projects": [{"id": "other"}, own, *self.projects.values()], "links": {}})

    def _create_project(self, asked: dict[str, Any]) -> Reply:
        project_id = uuid.uuid4().hex
        project = {"enabled": True, **asked, "id": project_id}
        self.projects[project_id] = project
        return Reply(201, {"project": project})

    def _one_project(self, seen: Seen) -> Reply | None:
        project_id = seen.path.removeprefix("/v3/projects/")
        if not seen.path.startswith("/v3/projects/"):
            return None
        if project_id not in self.projects:
            return Reply(404, {"error": {"message": f"Could not find project: {project_id}."}})
        if seen.method == "DELETE":
            del self.projects[project_id]
            self.grants = {grant for grant in self.grants if project_id not in grant.split("/")}
            return Reply(204)
        return Reply(200, {"project": self.projects[project_id]})

    def _user(self, user_id: str) -> dict[str, Any]:
        told = {key: value for key, value in self.attributes.get(user_id, {}).items() if key != "password"}
        name = self._users.get(user_id) or user_id.removeprefix("id-of-")
        return {"domain_id": "default", "enabled": True, **told, "id": user_id, "name": name}

    def _issue(self, body: dict[str, Any]) -> Reply:
        user = body["auth"]["identity"]["password"]["user"]
        if "id" in user:
            return self._issue_by_id(user["id"], user["password"])
        name = user["name"]
        if user["password"] != f"secret-of-{name}":
            return Reply(401, {"error": {"message": "Wrong password."}})
        token = f"gAAAA-{uuid.uuid4().hex}"
        self._tokens[token] = f"id-of-{name}"
        return Reply(201, _token(f"id-of-{name}"), {"X-Subject-Token": token})

    def _issue_by_id(self, user_id: str, password: str) -> Reply:
        known = self.attributes.get(user_id, {})
        if password != known.get("password") or not known.get("enabled", True):
            return Reply(401, {"error": {"message": "Wrong password."}})
        return Reply(201, _token(user_id), {"X-Subject-Token": f"gAAAA-{uuid.uuid4().hex}"})

    def _create(self, asked: dict[str, Any]) -> Reply:
        user_id = uuid.uuid4().hex
        self._users[user_id] = asked["name"]
        self.attributes[user_id] = asked
        return Reply(201, {"user": self._user(user_id)})

    def _one_user(self, seen: Seen) -> Reply:
        user_id, _, rest = seen.path.removeprefix("/v3/users/").partition("/")
        name = self._users.get(user_id) or (user_id.removeprefix("id-of-") if "id-of-" in user_id else None)
        if name is None:
            return Reply(404, {"error": {"message": f"Could not find user: {user_id}."}})
        if rest == "application_credentials":
            asked = json.loads(seen.body)["application_credential"]
            made = {**asked, "id": uuid.uuid4().hex, "secret": "s3cret", "project_id": PROJECT_ID}
            return Reply(201, {"application_credential": made})
        if rest == "password":
            return self._change_password(user_id, json.loads(seen.body)["user"])
        if seen.method == "DELETE":
            self._users.pop(user_id, None)
            self.attributes.pop(user_id, None)
            self.grants = {grant for grant in self.grants if user_id not in grant.split("/")}
            return Reply(204)
        if seen.method == "PATCH":
            self.attributes[user_id].update(json.loads(seen.body)["user"])
        return Reply(200, {"user": self._user(user_id)})

    def _change_password(self, user_id: str, asked: dict[str, str]) -> Reply:
        if self.attributes[user_id]["password"] != asked["original_password"]:
            return Reply(401, {"error": {"message": "Wrong password."}})
        self.attributes[user_id]["password"] = asked["password"]
        return Reply(204)


def _token(user_id: str) -> dict[str, Any]:
    return {
        "token": {
            "user": {"id": user_id, "name": user_id.removeprefix("id-of-"), "domain": {"id": "default"}},
            "project": {"id": PROJECT_ID, "name": "p", "domain": {"id": "default"}},
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2036-01-01T00:00:00.000000Z",
            "methods": ["password"],
            "roles": [{"id": "id-of-role-member", "name": "member"}],
            "catalog": [],
        }
    }


def _assignment(grant: str) -> dict[str, Any]:
    user, project, role = grant.split("/")
    return {"user": {"id": user}, "scope": {"project": {"id": project}}, "role": {"id": role}, "links": {}}


@contextlib.contextmanager
def serving() -> Iterator[FakeKeystone]:
    server = FakeKeystone()
    try:
        yield server
    finally:
        server.close()
