"""The matrix of continuity: each check of what one node made and another was asked to honour, a line each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter

from harness.evidence.jsonl import JsonLinesWriter, read_jsonl
from harness.evidence.names import Phase
from harness.evidence.rows import Flag, Natural, Number, needed


class Check(StrEnum):
    """What was made at one node and is looked for at another; the order of the report."""

    TOKEN_VALIDATES = "token_validates"  # noqa: S105 - cold or cached, which the cell says
    USER_READS = "user_reads"
    USER_LOGS_IN = "user_logs_in"  # with an ordinary password
    PASSWORD_60_BYTES = "password_60_bytes"  # noqa: S105
    PASSWORD_80_BYTES = "password_80_bytes"  # noqa: S105
    PASSWORD_NON_ASCII = "password_non_ascii"  # noqa: S105
    PASSWORD_TAIL_60_BYTES = "password_tail_60_bytes"  # noqa: S105 - wrong in its last byte, after byte 54
    PASSWORD_TAIL_80_BYTES = "password_tail_80_bytes"  # noqa: S105 - wrong in its last byte, after byte 72
    NEW_PASSWORD_WORKS = "new_password_works"  # noqa: S105
    OLD_PASSWORD_REFUSED = "old_password_refused"  # noqa: S105
    REVOKED_TOKEN_REFUSED = "revoked_token_refused"  # noqa: S105
    DISABLED_TOKEN_REFUSED = "disabled_token_refused"  # noqa: S105
    DISABLED_LOGIN_REFUSED = "disabled_login_refused"
    DELETED_TOKEN_REFUSED = "deleted_token_refused"  # noqa: S105
    DELETED_LOGIN_REFUSED = "deleted_login_refused"
    ROLE_GRANTED = "role_granted"
    ROLE_REVOKED = "role_revoked"
    APPLICATION_CREDENTIAL = "application_credential"
    TRUST = "trust"
    CATALOG = "catalog"
    COHORT_TOKEN = "cohort_token"  # noqa: S105 - made in the baseline, looked at in every phase
    COHORT_LOGIN = "cohort_login"
    # Old data: there before the load began, looked at as it is. A password as an earlier release hashed it:
    OLD_SHA512_CRYPT = "old_sha512_crypt"
    OLD_PBKDF2_SHA512 = "old_pbkdf2_sha512"
    OLD_SCRYPT = "old_scrypt"
    OLD_BCRYPT = "old_bcrypt"
    OLD_BCRYPT_SHA256 = "old_bcrypt_sha256"
    OLD_EC2 = "old_ec2"  # a credential, by its type
    OLD_TOTP = "old_totp"
    OLD_CERT = "old_cert"
    OLD_TRUST = "old_trust"
    OLD_APPLICATION_CREDENTIAL = "old_application_credential"
    OLD_ACCESS_RULES = "old_access_rules"  # an application credential with access rules
    OLD_GROUP_ROLE = "old_group_role"
    OLD_IMPLIED_ROLE = "old_implied_role"
    OLD_DOMAIN_ROLE = "old_domain_role"
    OLD_DISABLED_USER = "old_disabled_user"
    OLD_EXPIRED_PASSWORD = "old_expired_password"  # noqa: S105
    OLD_PROJECT_LIST = "old_project_list"  # as a client asks that knows of no pages
    OLD_PROJECTS = "old_projects"  # each of them: in that list, or else by its id


COHORT_CHECKS = (Check.COHORT_TOKEN, Check.COHORT_LOGIN)
OLD_DATA_CHECKS = tuple(
    check for check in Check if check.startswith("old_") and check is not Check.OLD_PASSWORD_REFUSED
)
TAIL_CHECKS = (Check.PASSWORD_TAIL_60_BYTES, Check.PASSWORD_TAIL_80_BYTES)
PAIR_CHECKS = tuple(check for check in Check if check not in (*COHORT_CHECKS, *OLD_DATA_CHECKS))
"""Checks between two nodes, as opposed to those of the cohort and of old data."""
OLD_DATA_PHASES = (Phase.SETUP, Phase.EXPAND, Phase.MIGRATE, Phase.ROLL, Phase.COOLDOWN)
"""When old data is looked at: before there is any load, after each change of what it lies in, while both
releases serve, and at the end. Between two of these nothing happens that could change an answer."""
_LONG = frozenset({Check.OLD_PROJECT_LIST, Check.OLD_PROJECTS})
_LONG_PHASES = (Phase.SETUP, Phase.ROLL, Phase.COOLDOWN)
"""A list of 1,000 takes half a second of a worker's time, which its users want too."""


def is_due(check: str, phase: str) -> bool:
    """Whether a kind of old data is to be looked at in a phase."""
    return phase in (_LONG_PHASES if check in _LONG else OLD_DATA_PHASES)


class CellOutcome(StrEnum):
    """What a check found."""

    OK = "ok"
    BROKEN = "broken"  # the node answered, and its answer does not honour what was made
    UNKNOWN = "unknown"  # no answer, or what was to be looked for could not be made


@dataclass(frozen=True, slots=True)
class Place:
    """Which node, and the release that its own answer named."""

    node: str
    release: str | None
    """Header X-Keystone-Release of the answer; None where there was no answer or no header."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A valid request, on which a check rests, that was answered with 4xx or 5xx; never holds a secret."""

    mono_ns: Natural
    """When it was sent."""
    node: str
    release: str | None
    asked: str
    """What for: `create an application credential`."""
    status: Natural
    said: str
    """Start of the answer's body, redacted; empty where there was none."""
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks for a change at the node that is to honour it; times are CLOCK_MONOTONIC nanoseconds."""

    prepared_ns: Natural
    """When the look before the change was sent: from then on its node may have the state in its cache."""
    changed_ns: Natural
    """When the change was acknowledged; of a token that was to be in the cache, when it had come there."""
    first_ns: Natural
    """When the first look after it was sent."""
    first: str
    """What became of that: `answered 200`."""
    stale_ns: Natural | None
    """When the last look was sent that was answered and saw the state before; None where none did."""
    ended_ns: Natural
    """When the answer of the last look had come."""
    tries: Natural = 1
    """How often it was all done, because writes of others came between."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One check of one thing; never holds a token or a password."""

    mono_ns: Natural
    """When the request that decided it was sent."""
    phase: str
    step: str
    check: str
    made_at: Place
    checked_at: Place
    cached: Flag | None
    """Whether the token had been put into the cache just before (true), or the cache dropped (false)."""
    outcome: CellOutcome
    took_s: Number | None
    """Seconds from the acknowledged change until the request that saw its effect was sent."""
    detail: str | None
    request_id: str | None
    """Of the deciding answer."""
    refused: Refusal | None = None
    """Of an unknown one: the valid request that was refused, so that it could not be decided."""
    looks: Looks | None = None
    """Of a change that was to be honoured, and of a cached token; None where an earlier program kept none."""


class CellWriter:
    """Appends cells; safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self._writer = JsonLinesWriter(path)
        self._lock = Lock()

    def write(self, cell: Cell) -> None:
        """Append one line.

        Raises:
            OSError: the disk is full or the file is gone.
        """
        with self._lock:
            self._writer.append(asdict(cell))

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


_CELL = TypeAdapter(Cell)


@dataclass(frozen=True, slots=True)
class CellsRead:
    """What a file of cells held."""

    cells: tuple[Cell, ...]
    """In the order of time."""
    exists: bool
    damaged: int
    """Lines that are torn or no JSON object."""


def read_cells(path: Path) -> CellsRead:
    """Read a file of cells, also one whose writer was killed.

    Raises:
        UsageError: a line lacks a field or holds one of another type.
    """
    lines = read_jsonl(path)
    cells = [needed(_CELL, row, place) for place, row in lines.placed(path)]
    ordered = tuple(sorted(cells, key=lambda cell: cell.mono_ns))
    return CellsRead(ordered, lines.exists, lines.torn + lines.malformed)
