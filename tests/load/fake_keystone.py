"""A little identity service on loopback that can be told to cut, reset, drip, hang, lie and freeze."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.keystone.endpoint import Endpoint
from harness.load.spec import Account, Accounts

PROJECT_ID = "p" * 32
RELEASE = "27.1.0"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """Number of the connection it came over, from 0."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An honest answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def wire(self) -> bytes:
        body = b"" if self.body is None else json.dumps(self.body).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-Keystone-Node": "node1",
            "X-Keystone-Release": RELEASE,
            **self.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        return f"HTTP/1.1 {self.status} Said So\r\n{lines}\r\n".encode() + body


Behaviour = Callable[["FakeKeystone", socket.socket, Seen], bool]
"""Answers one request in its own way; returns whether the connection goes on."""


def cut(_: FakeKeystone, __: socket.socket, ___: Seen) -> bool:
    return False


def reset(_: FakeKeystone, sock: socket.socket, __: Seen) -> bool:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang(server: FakeKeystone, _: socket.socket, __: Seen) -> bool:
    server.closing.wait(30)
    return False


def drip(server: FakeKeystone, sock: socket.socket, seen: Seen) -> bool:
    """One byte each 50 ms: every single read is quick, the whole is not."""
    for byte in server.honest(seen).wire():
        if server.closing.wait(0.05):
            break
        sock.sendall(bytes([byte]))
    return False


def truncate(server: FakeKeystone, sock: socket.socket, seen: Seen) -> bool:
    sock.sendall(server.honest(seen).wire()[:-5])
    return False


def babble(_: FakeKeystone, sock: socket.socket, __: Seen) -> bool:
    sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    return False


def flood(server: FakeKeystone, sock: socket.socket, _: Seen) -> bool:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    with contextlib.suppress(OSError):
        while not server.closing.is_set():
            sock.sendall(b"[" * 65536)
    return False


def answer(reply: Reply) -> Behaviour:
    def behave(_: FakeKeystone, sock: socket.socket, __: Seen) -> bool:
        sock.sendall(reply.wire())
        return True

    return behave


class FakeKeystone:
    """Serves until closed; `requests` holds everything that arrived."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.closing = threading.Event()
        self.thawed = threading.Event()
        self.thawed.set()
        self.linger_s: float | None = None
        """Close a connection this long after its last answer; None: keep it."""
        self._behaviours: list[tuple[str, Behaviour, int]] = []
        self._tokens: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self.attributes: dict[str, dict[str, Any]] = {}
        """User id -> what was asked for, the password included."""
        self.projects: dict[str, dict[str, Any]] = {}
        self.grants: set[str] = set()
        """`<user id>/<project id>/<role id>`."""
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint.parse(self.url)

    def behave(self, what: str, behaviour: Behaviour, times: int = 1_000_000) -> None:
        """From now on, answer the next `times` requests of `what` ("GET /v3/projects", a prefix) this way."""
        with self._lock:
            self._behaviours.insert(0, (what, behaviour, times))

    def freeze(self, seconds: float) -> None:
        """Take requests and answer none of them until the time is over."""
        self.thawed.clear()
        time.sleep(seconds)
        self.thawed.set()

    def count(self, what: str = "") -> int:
        """Requests of `what` that arrived."""
        with self._lock:
            return sum(f"{seen.method} {seen.path}".startswith(what) for seen in self.requests)

    def close(self) -> None:
        self.closing.set()
        self.thawed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a bare close lets the thread accept one more
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

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
            return Reply(200, {"users": [self._user(key) for key in self._users]})
        if (seen.method, path) == ("GET", "/v3/role_assignments"):
            return Reply(200, {"role_assignments": [_assignment(grant) for grant in sorted(self.grants)]})
        return self._one_grant(seen.method, path.split("/")) if "/roles/" in path else None

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

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number, self._connections = self._connections, self._connections + 1
                self._open.add(sock)
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        file = sock.makefile("rb")
        try:
            while (seen := _read(file, number)) is not None and self._answer(sock, seen):
                if self.linger_s is not None:
                    time.sleep(self.linger_s)
                    break
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(sock)
            file.close()
            sock.close()

    def _answer(self, sock: socket.socket, seen: Seen) -> bool:
        with self._lock:
            self.requests.append(seen)
        self.thawed.wait(30)
        behaviour = self._next_behaviour(f"{seen.method} {seen.path}")
        if behaviour is not None:
            return behaviour(self, sock, seen)
        sock.sendall(self.honest(seen).wire())
        return seen.headers.get("connection") != "close"

    def _next_behaviour(self, what: str) -> Behaviour | None:
        with self._lock:
            for index, (prefix, behaviour, times) in enumerate(self._behaviours):
                if what.startswith(prefix) and times > 0:
                    self._behaviours[index] = (prefix, behaviour, times - 1)
                    return behaviour
        return None


def _read(file: Any, connection: int) -> Seen | None:
    line = file.readline()
    if not line:
        return None
    method, path, _ = line.decode().split()
    headers: dict[str, str] = {}
    while (line := file.readline().strip()) != b"":
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    body = file.read(int(headers.get("content-length", 0)))
    return Seen(method, path, headers, body, connection)


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


def account(name: str) -> Account:
    """An account that the fake knows."""
    return Account(name, f"secret-of-{name}", f"id-of-{name}", "Default", "p", "Default", PROJECT_ID)


def accounts(users: int = 2, clients: int = 1) -> Accounts:
    """Everyone that a child needs."""
    return Accounts(
        operator=account("operator"),
        probes=(account("probe"),),
        users=tuple(account(f"load-{n}") for n in range(users)),
        clients=tuple(account(f"client-{n}") for n in range(clients)),
    )


@contextlib.contextmanager
def serving() -> Iterator[FakeKeystone]:
    server = FakeKeystone()
    try:
        yield server
    finally:
        server.close()
