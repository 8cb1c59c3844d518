"""The matrix of continuity: each check of what one node made and another was asked to honour, a line each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

from harness.errors import UsageError
from harness.evidence.jsonl import JsonLinesWriter, read_jsonl


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


COHORT_CHECKS = (Check.COHORT_TOKEN, Check.COHORT_LOGIN)
TAIL_CHECKS = (Check.PASSWORD_TAIL_60_BYTES, Check.PASSWORD_TAIL_80_BYTES)
PAIR_CHECKS = tuple(check for check in Check if check not in COHORT_CHECKS)
"""Checks between two nodes, as opposed to those of the cohort."""


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
class Cell:
    """One check of one thing; never holds a token or a password."""

    mono_ns: int
    """When the request that decided it was sent."""
    phase: str
    step: str
    check: str
    made_at: Place
    checked_at: Place
    cached: bool | None
    """Whether the token had been put into the cache just before (true), or the cache dropped (false)."""
    outcome: str
    took_s: float | None
    """Seconds from the acknowledged change until the request that saw its effect was sent."""
    detail: str | None
    request_id: str | None
    """Of the deciding answer."""


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
    cells = [_cell(row, path, number) for number, row in enumerate(lines.rows, start=1)]
    ordered = tuple(sorted(cells, key=lambda cell: cell.mono_ns))
    return CellsRead(ordered, path.exists(), lines.torn + lines.malformed)


_TYPES: dict[str, tuple[type, ...]] = {
    "mono_ns": (int,),
    "phase": (str,),
    "step": (str,),
    "check": (str,),
    "made_at": (dict,),
    "checked_at": (dict,),
    "cached": (bool, type(None)),
    "outcome": (str,),
    "took_s": (int, float, type(None)),
    "detail": (str, type(None)),
    "request_id": (str, type(None)),
}


def _cell(row: dict[str, Any], path: Path, number: int) -> Cell:
    for key, types in _TYPES.items():
        _need(row, key, types, path, number)
    made, checked = (_place(row[key], path, number) for key in ("made_at", "checked_at"))
    return Cell(**{**{key: row[key] for key in _TYPES}, "made_at": made, "checked_at": checked})


def _place(row: dict[str, Any], path: Path, number: int) -> Place:
    _need(row, "node", (str,), path, number)
    _need(row, "release", (str, type(None)), path, number)
    return Place(row["node"], row["release"])


def _need(row: dict[str, Any], key: str, types: tuple[type, ...], path: Path, number: int) -> None:
    if key not in row or not isinstance(row[key], types):
        expected = " or ".join(kind.__name__ for kind in types)
        raise UsageError(
            f"{path}, line {number}: {key!r} is {row.get(key)!r}, expected {expected}; "
            "restore the file from where the run was made."
        )
