"""The ledger: every write that was asked of Keystone, how it ended, and what was found of it afterwards.

Generators note a write in `ledger/<generator>.jsonl` before they send it (`invoked`) and again when it has
ended (`completed`), as Jepsen's histories do: what a killed generator leaves open may have happened, and is
`unknown`. The read-back adds `ledger.jsonl`: per stage a line `begin`, one line per entity with its writes
and what each view showed of it, and a line `end`. Passwords never stand here, only their version: see
`derived_password`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLines, JsonLinesWriter, read_jsonl
from harness.evidence.names import Operation, Outcome

BALANCER = "balancer"
"""The view through the balancer; every other view is named as its node."""

Value = str | int | bool | None


class Kind(StrEnum):
    """What a write is about."""

    USER = "user"
    PROJECT = "project"
    GRANT = "grant"  # a role of a user on a project


KIND_OF: Mapping[str, Kind] = {
    Operation.USER_CREATE: Kind.USER,
    Operation.USER_UPDATE: Kind.USER,
    Operation.USER_DELETE: Kind.USER,
    Operation.PASSWORD_CHANGE: Kind.USER,
    Operation.PROJECT_CREATE: Kind.PROJECT,
    Operation.PROJECT_DELETE: Kind.PROJECT,
    Operation.ROLE_GRANT: Kind.GRANT,
    Operation.ROLE_REVOKE: Kind.GRANT,
}
"""Operation -> the kind of entity that it writes."""

PASSWORD = "password"  # noqa: S105 - the name of an attribute
"""Attribute whose value in the ledger is the version of a derived password."""

COMPARED: Mapping[Kind, tuple[str, ...]] = {
    Kind.USER: ("description", "email", "enabled"),
    Kind.PROJECT: ("description", "enabled"),
    Kind.GRANT: (),
}
"""Attributes that a read shows; a password shows in a login only."""


class Stage(StrEnum):
    """After what a read-back is made."""

    ROLL = "roll"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Change:
    """What a write asks for."""

    op: Operation
    name: str
    """Unique name of the entity; of a grant `<user>/<project>/<role>`."""
    entity_id: str | None = None
    """None where the write is what makes it; of a grant `<user id>/<project id>/<role id>`."""
    asked: Mapping[str, Value] = field(default_factory=dict)
    """Attributes asked for, a password as its version."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write from what was asked to how it ended; times are CLOCK_MONOTONIC nanoseconds."""

    lane: str
    op: str
    name: str
    entity_id: str | None
    """As asked, or as the answer told it; None where a creation was not acknowledged."""
    asked: Mapping[str, Value]
    request_id: str
    invoked_ns: int
    completed_ns: int | None
    """None where no end was noted."""
    outcome: str
    """`ok`, `failed` (certainly not carried out) or `unknown`."""
    error: str | None
    node: str | None
    """Node that answered."""
    release: str | None

    @property
    def kind(self) -> Kind:
        """What it is about."""
        return KIND_OF[self.op]


@dataclass(frozen=True, slots=True)
class Sighting:
    """An entity as one answer showed it."""

    id: str
    attributes: Mapping[str, Value]
    """Those of `COMPARED`."""
    name: str | None = None
    """None of a grant, and where an older run did not note it."""


@dataclass(frozen=True, slots=True)
class ById:
    """Answer to a read by id."""

    status: int
    """200, 404, or whatever stood in the way; 0 where no answer came."""
    seen: Sighting | None
    """What a 200 held."""
    node: str | None
    """Node that answered."""


@dataclass(frozen=True, slots=True)
class Login:
    """Answer to a login with one version of an entity's password."""

    version: int
    status: int
    """201, 401, or whatever stood in the way; 0 where no answer came."""
    node: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What one view showed of an entity."""

    listed: tuple[Sighting, ...] | None
    """All of the view's list that has the entity's name or id; None where the list was not to be had."""
    by_id: ById | None = None
    """None where it was not asked for."""
    logins: tuple[Login, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityRead:
    """One entity at one stage."""

    kind: Kind
    name: str
    writes: tuple[Write, ...]
    """All that were invoked before the cut-off, in order; of a grant also the deletions that end it."""
    found: Mapping[str, Found]
    """View -> what it showed."""
    changing: bool = False
    """Written to while it was read: it is not to be judged at this stage."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """One stage of reading back; times are CLOCK_MONOTONIC nanoseconds."""

    stage: Stage
    views: tuple[str, ...]
    cut_off_ns: int
    """Writes invoked later are not looked at."""
    entities: tuple[EntityRead, ...]
    end_ns: int | None
    """None where the harness did not come to its end."""
    requests: int
    errors: tuple[str, ...]
    """What could not be read, in words, each once."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that a run directory holds of its writes."""

    files: int = 0
    """Generators that kept one."""
    writes: tuple[Write, ...] = ()
    """By the time they were invoked."""
    read_backs: tuple[ReadBack, ...] = ()
    damaged: int = 0
    """Lines that are not whole, other than the last of a file."""


def derived_password(secret: str, name: str, version: int) -> str:
    """The password of a user at a version: HMAC-SHA256 (RFC 2104) of both under the run's secret.

    The secret is handed to the generators on their standard input and stands in no file, so what the ledger
    says (name and version) is enough for the read-back to log in, and for nobody else.
    """
    digest = hmac.new(secret.encode(), f"{version}:{name}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


class WriteLog:
    """Notes the writes of one generator; each line is in the file before the call returns."""

    def __init__(self, path: Path, clock: Callable[[], int] = now_ns) -> None:
        """Start the file; `clock` is the tests' to replace.

        Raises:
            OSError: it cannot be made.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lines = JsonLinesWriter(path)
        self._clock = clock
        self._seq = 0

    def invoked(self, lane: str, change: Change, request_id: str) -> int:
        """Note a write that is about to be sent; returns the number to complete it by.

        Raises:
            OSError: the line could not be written; then nothing may be sent.
        """
        seq, self._seq = self._seq, self._seq + 1
        self._lines.append(
            {
                "seq": seq,
                "edge": "invoked",
                "mono_ns": self._clock(),
                "lane": lane,
                "op": change.op,
                "name": change.name,
                "entity_id": change.entity_id,
                "asked": dict(change.asked),
                "request_id": request_id,
            }
        )
        return seq

    def completed(
        self,
        seq: int,
        outcome: Outcome,
        *,
        error: str | None,
        made_id: str | None,
        node: str | None,
        release: str | None,
    ) -> None:
        """Note how it ended; `made_id` where the answer told the id of what was made.

        Raises:
            OSError: the line could not be written.
        """
        self._lines.append(
            {
                "seq": seq,
                "edge": "completed",
                "mono_ns": self._clock(),
                "outcome": outcome,
                "error": error,
                "entity_id": made_id,
                "node": node,
                "release": release,
            }
        )

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def read_writes(folder: Path) -> Ledger:
    """The writes that generators noted in `folder`, also while they go on; no read-backs.

    Raises:
        OSError: a file cannot be read.
    """
    writes: list[Write] = []
    damaged = 0
    files = sorted(folder.glob("*.jsonl"))
    for path in files:
        lines = read_jsonl(path)
        noted, bad = _writes(lines)
        writes += noted
        damaged += bad + lines.malformed
    return Ledger(len(files), tuple(sorted(writes, key=lambda write: write.invoked_ns)), (), damaged)


def read_ledger(folder: Path, ledger: Path) -> Ledger:
    """The writes in `folder` and what `ledger` says was found of them.

    Raises:
        OSError: a file cannot be read.
    """
    noted = read_writes(folder)
    lines = read_jsonl(ledger)
    read_backs, bad = _read_backs(lines)
    damaged = noted.damaged + bad + lines.malformed
    return Ledger(noted.files, noted.writes, read_backs, damaged)


class ReadBackLog:
    """Writes one stage of a read-back to `ledger.jsonl`."""

    def __init__(self, path: Path, stage: Stage, views: Sequence[str], cut_off_ns: int) -> None:
        """Begin the stage, after those before it.

        Raises:
            OSError: the file cannot be written.
        """
        self._lines = JsonLinesWriter(path)
        self._stage = stage
        self._append("begin", views=list(views), cut_off_ns=cut_off_ns)

    def entity(self, entity: EntityRead) -> None:
        """Write what was found of one entity.

        Raises:
            OSError: the file cannot be written.
        """
        self._append("entity", entity=entity)

    def end(self, requests: int, errors: Iterable[str]) -> None:
        """End the stage.

        Raises:
            OSError: the file cannot be written.
        """
        self._append("end", mono_ns=now_ns(), requests=requests, errors=list(errors))

    def _append(self, edge: str, **more: Any) -> None:
        self._lines.append({"stage": self._stage, "edge": edge, **more})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()


_WRITE = TypeAdapter(Write)
_ENTITY = TypeAdapter(EntityRead)
_Parsed = TypeVar("_Parsed")


def _parse(adapter: TypeAdapter[_Parsed], row: object) -> _Parsed | None:
    try:
        return adapter.validate_python(row)
    except ValidationError:
        return None


def _writes(lines: JsonLines) -> tuple[list[Write], int]:
    """Each invoked write with its end, and how many rows are not what they should be."""
    ends = {row.get("seq"): row for row in lines.rows if row.get("edge") == "completed"}
    begun = [row for row in lines.rows if row.get("edge") == "invoked"]
    writes = [write for row in begun if (write := _write(row, ends.get(row.get("seq")))) is not None]
    homeless = len(ends.keys() - {row.get("seq") for row in begun})
    strange = len(lines.rows) - len(begun) - sum(row.get("edge") == "completed" for row in lines.rows)
    return writes, len(begun) - len(writes) + homeless + strange


def _write(row: Mapping[str, Any], end: Mapping[str, Any] | None) -> Write | None:
    end = end or {"outcome": Outcome.UNKNOWN}
    keys = ("lane", "op", "name", "asked", "request_id")
    write = _parse(
        _WRITE,
        {
            **{key: row.get(key) for key in keys},
            "invoked_ns": row.get("mono_ns"),
            "completed_ns": end.get("mono_ns"),
            "entity_id": row.get("entity_id") or end.get("entity_id"),
            **{key: end.get(key) for key in ("outcome", "error", "node", "release")},
        },
    )
    return write if write is not None and write.op in KIND_OF else None


def _read_backs(lines: JsonLines) -> tuple[tuple[ReadBack, ...], int]:
    """The stages in the order in which they began, and how many rows are not what they should be."""
    found: dict[Stage, list[Mapping[str, Any]]] = {}
    bad = 0
    for row in lines.rows:
        stage = row.get("stage")
        if stage in set(Stage):
            found.setdefault(Stage(stage), []).append(row)
        else:
            bad += 1
    read_backs = []
    for stage, rows in found.items():
        read_back, worse = _read_back(stage, rows)
        read_backs.append(read_back)
        bad += worse
    return tuple(read_backs), bad


def _read_back(stage: Stage, rows: Sequence[Mapping[str, Any]]) -> tuple[ReadBack, int]:
    begin = next((row for row in rows if row.get("edge") == "begin"), {})
    end = next((row for row in rows if row.get("edge") == "end"), {})
    told = [row.get("entity") for row in rows if row.get("edge") == "entity"]
    entities = [entity for row in told if (entity := _parse(_ENTITY, row)) is not None]
    read_back = ReadBack(
        stage=stage,
        views=tuple(begin.get("views", ())),
        cut_off_ns=int(begin.get("cut_off_ns", 0)),
        entities=tuple(entities),
        end_ns=end.get("mono_ns"),
        requests=int(end.get("requests", 0)),
        errors=tuple(end.get("errors", ())),
    )
    return read_back, len(told) - len(entities)
