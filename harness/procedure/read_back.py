"""Reads back what was written: through the balancer and from each node, by list, by id and by login."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.deployment.protocols import Deployment
from harness.evidence.clock import now_ns
from harness.evidence.ledger import (
    BALANCER,
    COMPARED,
    ById,
    EntityRead,
    Found,
    Kind,
    Login,
    ReadBackLog,
    Sighting,
    Stage,
    derived_password,
    read_writes,
)
from harness.keystone import api
from harness.keystone.api import Request
from harness.keystone.channel import Channel
from harness.keystone.credentials import Credentials
from harness.keystone.endpoint import Endpoint
from harness.keystone.reply import Reply
from harness.procedure.read_back_plan import Entity, changing, entities, evenly, logins
from harness.redact import redacted

READS_PER_S = 20.0
"""All requests of a read-back together: what two cores spare beside the load. 300 entities take 20 s."""
THREADS = 2
"""Enough to keep that pace at 100 ms an answer, and no more than two requests under way at any time."""
BY_ID_MAX = 600
"""Entities read by id, 30 s; of more an even sample. The lists hold them all."""
REQUEST_S_MAX = 10.0
ATTEMPTS = 3
"""A read may be sent again: it is no probe, and whether reads fail is a question that the probes answer."""
DEADLINE_S = 180.0
"""For a whole stage: 30 s is usual. What was not read until then is not read, and the judge misses it."""
_RETRY_S = 0.5
_PAGES_MAX = 1000
_OPEN_SPARE_S = 5.0

_LISTS: Mapping[Kind, tuple[str, Callable[[str], Request]]] = {
    Kind.USER: ("users", lambda token: api.list_users(token, api.DEFAULT_DOMAIN_ID)),
    Kind.PROJECT: ("projects", lambda token: api.list_projects_of(token, api.DEFAULT_DOMAIN_ID)),
    Kind.GRANT: ("role_assignments", api.list_role_assignments),
}
"""Kind -> key of the answer and what to ask. Lists go to the database; Keystone caches reads by id."""
_MEMBERS: Mapping[Kind, tuple[str, Callable[[str, str], Request]]] = {
    Kind.USER: ("user", api.read_user),
    Kind.PROJECT: ("project", api.read_project),
}
"""Likewise for one by its id; a grant has none of its own."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where to read and as whom."""

    deployment: Deployment
    secret: str = field(repr=False)
    """From which the passwords of the users were derived."""

    @property
    def views(self) -> Mapping[str, str]:
        """View -> base URL, the balancer first."""
        return {BALANCER: self.deployment.url, **{node.name: node.url for node in self.deployment.nodes}}


class ReadBack:
    """Reads the ledger back; each call is one stage."""

    def __init__(
        self, writes: Path, ledger: Path, access: Access, *, logins_sample: int, deadline_s: float
    ) -> None:
        """`writes` holds the generators' ledgers; `deadline_s` is the longest their requests may take."""
        self._writes = writes
        self._ledger = ledger
        self._access = access
        self._logins_sample = logins_sample
        self._deadline_s = deadline_s

    def __call__(self, stage: Stage) -> Mapping[str, int]:
        """Read everything that was written so far and note what was found; returns counts for the journal.

        Load goes on meanwhile: a cut-off is chosen first, and what turns out to have been written to between
        it and the last answer is marked as changing.

        Raises:
            OSError: the ledger cannot be read or written.
        """
        cut_off_ns = now_ns()
        found = entities(read_writes(self._writes).writes)
        with ReadBackLog(self._ledger, stage, list(self._access.views), cut_off_ns) as log:
            reader = _Reader(self._access)
            # All of it, before the ledger is looked at again: what was written to meanwhile is changing.
            seen = tuple(reader.read(found, logins(found, self._logins_sample)))
            open_since_ns = cut_off_ns - round((self._deadline_s + _OPEN_SPARE_S) * 1e9)
            moving = changing(cut_off_ns, open_since_ns, read_writes(self._writes).writes)
            for entity, views in zip(found, seen, strict=True):
                is_moving = (entity.kind, entity.name) in moving
                log.entity(EntityRead(entity.kind, entity.name, entity.writes, views, is_moving))
            log.end(reader.requests, reader.errors)
        return {"entities": len(found), "changing": len(moving), "requests": reader.requests}


class _Pace:
    """Hands out instants at a fixed rate to several threads, until a deadline."""

    def __init__(self, rate_hz: float, deadline_s: float) -> None:
        self._interval_s = 1 / rate_hz
        self._lock = threading.Lock()
        self._next_s = time.monotonic()
        self._until_s = self._next_s + deadline_s

    def wait(self) -> bool:
        """Return when the next request may go out; False where the time is over."""
        with self._lock:
            now_s = time.monotonic()
            due_s = max(self._next_s, now_s)
            if due_s >= self._until_s:
                return False
            self._next_s = due_s + self._interval_s
        time.sleep(max(0.0, due_s - now_s))
        return True


class _Reader:
    """One stage's requests."""

    def __init__(self, access: Access) -> None:
        self._access = access
        pace = _Pace(READS_PER_S, DEADLINE_S)
        self._views = {
            name: _View(name, url, access.deployment.admin, pace) for name, url in access.views.items()
        }

    @property
    def requests(self) -> int:
        """How many were sent."""
        return sum(view.requests for view in self._views.values())

    @property
    def errors(self) -> tuple[str, ...]:
        """What could not be read."""
        return tuple(error for view in self._views.values() for error in view.errors)

    def read(self, found: Sequence[Entity], to_log_in: Sequence[Entity]) -> Iterator[dict[str, Found]]:
        """What each view showed of each entity, in their order."""
        by_id_of = evenly([each for each in found if each.kind in _MEMBERS and each.entity_id], BY_ID_MAX)
        with ThreadPoolExecutor(THREADS, thread_name_prefix="read-back") as pool:
            lists = dict(zip(self._views, pool.map(_View.lists, self._views.values()), strict=True))
            answers = pool.map(self._views[BALANCER].by_id, by_id_of)
            by_id = dict(zip(_keys(by_id_of), answers, strict=True))
            attempts = {
                name: dict(zip(_keys(to_log_in), pool.map(self._logins_at(name), to_log_in), strict=True))
                for name in self._views
            }
        for entity in found:
            key = (entity.kind, entity.name)
            yield {
                name: Found(
                    lists[name].of(entity),
                    by_id.get(key) if name == BALANCER else None,
                    attempts[name].get(key, ()),
                )
                for name in self._views
            }

    def _logins_at(self, view: str) -> Callable[[Entity], tuple[Login, ...]]:
        """With the newest password; in doubt, and through the balancer, with the one before it too."""

        def log_in(entity: Entity) -> tuple[Login, ...]:
            tried = 2 if view == BALANCER or not entity.is_settled else 1
            return tuple(
                self._views[view].log_in(
                    str(entity.entity_id),
                    version,
                    derived_password(self._access.secret, entity.name, version),
                )
                for version in entity.password_versions[:tried]
            )

        return log_in


def _keys(found: Sequence[Entity]) -> list[tuple[Kind, str]]:
    return [(entity.kind, entity.name) for entity in found]


@dataclass(frozen=True, slots=True)
class _Lists:
    """What one view lists; None for a kind whose list was not to be had."""

    members: Mapping[Kind, Mapping[str, tuple[Sighting, ...]] | None]
    """Kind -> name or id -> what has it."""

    def of(self, entity: Entity) -> tuple[Sighting, ...] | None:
        """Everything that has the name or the id of `entity`, each once."""
        listed = self.members[entity.kind]
        if listed is None:
            return None
        keys = [entity.entity_id] if entity.kind is Kind.GRANT else [entity.name, entity.entity_id]
        found = {seen.id: seen for key in keys if key for seen in listed.get(key, ())}
        return tuple(found[each] for each in sorted(found))


class _View:
    """One way to Keystone: the balancer's or a node's own address."""

    def __init__(self, name: str, url: str, admin: Credentials, pace: _Pace) -> None:
        self._name = name
        self._channel = Channel(Endpoint.parse(url), REQUEST_S_MAX)
        self._admin = admin
        self._pace = pace
        self._token: str | None = None
        self.requests = 0
        self._errors: dict[str, int] = {}

    @property
    def errors(self) -> tuple[str, ...]:
        """What could not be read, in words, each once."""
        return tuple(f"{text} ({n} times)" if n > 1 else text for text, n in self._errors.items())

    def lists(self) -> _Lists:
        """Log in as admin here and list everything."""
        self._log_in_as_admin()
        return _Lists({kind: self._list(kind) for kind in _LISTS})

    def by_id(self, entity: Entity) -> ById:
        """Read one entity by its id."""
        key, ask = _MEMBERS[entity.kind]
        reply = self._get(lambda token: ask(token, str(entity.entity_id)))
        if reply is None:
            return ById(0, None, None)
        row = reply.at(key) if reply.status == 200 else None
        seen = _sighting(entity.kind, row) if isinstance(row, dict) else None
        # A 200 without a body that holds the thing is an answer that says nothing of it.
        status = reply.status if reply.status != 200 or seen is not None else 0
        return ById(status, seen, reply.node)

    def log_in(self, user_id: str, version: int, password: str) -> Login:
        """Log a user in, without a scope."""
        reply = self._send(api.log_in_by_id(user_id, password), (201, 401))
        return Login(version, 0, None) if reply is None else Login(version, reply.status, reply.node)

    def _log_in_as_admin(self) -> None:
        reply = self._send(api.log_in(self._admin), (201,))
        self._token = reply.token if reply is not None else None

    def _list(self, kind: Kind) -> dict[str, tuple[Sighting, ...]] | None:
        """The whole list; None where it was not to be had to its end.

        A page begins behind the last member of the one before. Where that was deleted meanwhile there is none
        any more, so the list is begun again.
        """
        for _ in range(ATTEMPTS):
            rows, begin_again = self._pages(kind)
            if not begin_again:
                return None if rows is None else _index(kind, rows)
        return None

    def _pages(self, kind: Kind) -> tuple[list[Any] | None, bool]:
        """Every row, or None; and whether the member that the next page begins behind is gone."""
        key, ask = _LISTS[kind]
        rows: list[Any] = []
        for _ in range(_PAGES_MAX):
            reply = self._get(ask)
            page = reply.at(key) if reply is not None and reply.status == 200 else None
            if reply is None or not isinstance(page, list):
                return None, bool(rows) and reply is not None and reply.status == 404
            rows += page
            following = reply.at("links", "next")
            if not following:
                return self._whole(kind, rows, is_cut=reply.at("truncated") is True), False
            ask = _next_page(following)
        return None, False

    def _whole(self, kind: Kind, rows: list[Any], *, is_cut: bool) -> list[Any] | None:
        """The rows, unless their list was cut: a release may say so, or end it where a page ends."""
        if not is_cut and (kind is Kind.GRANT or len(rows) != api.PAGE_MEMBERS):
            return rows
        self._note(f"{self._name}: the list of {_LISTS[kind][0]} was cut after {len(rows)} members")
        return None

    def _get(self, ask: Callable[[str], Request]) -> Reply | None:
        return None if self._token is None else self._send(ask(self._token), (200, 404))

    def _send(self, request: Request, due: tuple[int, ...]) -> Reply | None:
        """Send, again where no answer came or one that says nothing; the last answer, or None."""
        for attempt in range(ATTEMPTS):
            time.sleep(_RETRY_S if attempt else 0.0)
            if not self._pace.wait():
                self._note(f"{self._name}: no time was left after {DEADLINE_S:g} s")
                return None
            self.requests += 1
            reply = self._channel.send(request)
            if reply.status in due:
                return reply
        what = f"{request.method} {request.path.partition('?')[0]}"
        self._note(f"{self._name}: {what}: {reply.error or _status_words(reply)}")
        return reply if reply.error is None else None

    def _note(self, error: str) -> None:
        self._errors[error] = self._errors.get(error, 0) + 1


def _status_words(reply: Reply) -> str:
    said = redacted(reply.said).rstrip(".")
    return f"status {reply.status}" + (f' ("{said}")' if said else "")


def _next_page(url: str) -> Callable[[str], Request]:
    """For a link; what stands before `/v3` is the public endpoint's, and this view has its own."""
    parts = urlsplit(url)
    path = f"/v3{parts.path.partition('/v3')[2]}?{parts.query}"
    return lambda token: api.read(token, path)


def _index(kind: Kind, rows: Sequence[object]) -> dict[str, tuple[Sighting, ...]]:
    index: dict[str, tuple[Sighting, ...]] = {}
    for row in rows:
        if not isinstance(row, dict):
            continue
        seen = _grant(row) if kind is Kind.GRANT else _sighting(kind, row)
        if seen is None:
            continue
        for key in {seen.id, str(row.get("name", seen.id))}:
            index[key] = (*index.get(key, ()), seen)
    return index


def _sighting(kind: Kind, row: Mapping[str, Any]) -> Sighting | None:
    if not row.get("id"):
        return None
    return Sighting(str(row["id"]), {key: row.get(key) for key in COMPARED[kind]}, str(row.get("name")))


def _grant(row: Mapping[str, Any]) -> Sighting | None:
    """A user's role on a project; None for the assignments of groups, domains and the system."""
    parts = (
        (row.get("user") or {}).get("id"),
        ((row.get("scope") or {}).get("project") or {}).get("id"),
        (row.get("role") or {}).get("id"),
    )
    return Sighting("/".join(map(str, parts)), {}) if all(parts) else None
