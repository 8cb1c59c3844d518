"""The catalogue of Keystone releases: which there are, and which may follow which."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    model_validator,
)

from harness.errors import UsageError
from harness.refusal import problem, shown

_FOLDER = Path(__file__).resolve().parent
_CATALOGUE_FILE = _FOLDER / "catalogue.toml"
LOCKS_FOLDER = _FOLDER / "locks"

_HOW_TO_ADD = "harness/releases/README.md says how to add one"
_HOW_TO_WRITE = "harness/releases/README.md lists the keys of an entry"

# Upstream has tested upgrades that skip a series since 2023.1, and only between SLURP releases:
# governance resolution 20220210-release-cadence-adjustment.
_FIRST_SLURP_MAJOR = 23

VersionTable = Literal["alembic_version", "migrate_version"]


class Command(StrEnum):
    """What some releases can do and others cannot; a step that needs one is skipped where it is absent."""

    DOCTOR = "doctor"
    """`keystone-manage doctor`."""
    TOKEN_FLUSH = "token_flush"  # noqa: S105 - the name of a command
    """`keystone-manage token_flush`, up to 14."""
    UPGRADE_CHECK = "upgrade_check"
    """`keystone-status upgrade check`, from 15."""
    DB_SYNC_CHECK = "db_sync_check"
    """`keystone-manage db_sync --check` that tells the truth; several releases answer 0 whatever is due."""
    DB_SYNC_MIGRATE = "db_sync_migrate"
    """`keystone-manage db_sync --migrate` that does something; a no-op from 22."""


@dataclass(frozen=True, slots=True)
class Serves:
    """How uWSGI finds the application: a script in the release's `bin`, or a module and its callable."""

    kind: Literal["script", "module"]
    name: str


@dataclass(frozen=True, slots=True)
class Release:
    """One Keystone release that the harness can install."""

    series: str
    """OpenStack series, such as `2025.1`."""
    version: str
    """Keystone version, such as `27.1.0`."""
    slurp: bool
    """Whether upstream lets an upgrade go from it, or to it, past the series between."""
    pythons: tuple[str, ...]
    """Python versions it runs on, the preferred one first."""
    lock: str
    """Name of its lock under `harness/releases/locks/`."""
    lock_cut_off: date
    """Nothing published after this day went into the lock, Keystone itself and uWSGI excepted."""
    serves: Serves
    """How a web server loads it."""
    commands: frozenset[Command]
    """Which of the optional commands it has."""
    version_table: VersionTable
    """The database table that says how far its schema is."""

    @property
    def major(self) -> int:
        """The first number of the version; one more for every series."""
        return self.number[0]

    @property
    def number(self) -> tuple[int, ...]:
        """The version as numbers, so that releases can be put in order."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def lock_path(self) -> Path:
        """Where its lock is."""
        return LOCKS_FOLDER / self.lock

    def has(self, command: Command) -> bool:
        """Whether this release has the optional command."""
        return command in self.commands

    def __str__(self) -> str:
        return f"{self.version} ({self.series})"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All known releases, oldest first."""

    releases: tuple[Release, ...]

    def __iter__(self) -> Iterator[Release]:
        return iter(self.releases)

    def find(self, text: str) -> Release:
        """Return the release with this version, or the newest of this series.

        Raises:
            UsageError: no such release; names those that are known and how to add one.
        """
        found = [release for release in self.releases if text in (release.version, release.series)]
        if not found:
            known = ", ".join(str(release) for release in self.releases)
            raise UsageError(f"unknown Keystone release {shown(text)}: known are {known}; {_HOW_TO_ADD}")
        return found[-1]

    def check_pair(self, from_: Release, to: Release) -> None:
        """Accept what upstream supports: same release, same series, next series, or SLURP to next SLURP.

        Raises:
            UsageError: a downgrade or a longer jump; names the way to get there.
        """
        if to.number < from_.number:
            raise UsageError(
                f"Keystone cannot be downgraded from {from_} to {to}: "
                "swap the two, or restore a database backup of the older release"
            )
        if not _is_one_step(from_, to):
            raise UsageError(
                f"Keystone cannot go from {from_} to {to} in one step: {self._detour(from_, to)}"
            )

    def pairs(self) -> tuple[tuple[Release, Release], ...]:
        """Every upgrade between two different known releases that upstream supports, oldest first."""
        return tuple(
            (older, newer)
            for older in self.releases
            for newer in self.releases
            if older.number < newer.number and _is_one_step(older, newer)
        )

    def _detour(self, from_: Release, to: Release) -> str:
        way = _shortest_way(self.releases, from_, to)
        if way:
            return f"upgrade to {' and then to '.join(str(release) for release in way)} first"
        return f"first upgrade to a release between them, which the catalogue lacks; {_HOW_TO_ADD}"


def load_catalogue(path: Path | None = None) -> Catalogue:
    """Read the catalogue that comes with the harness, or the file given.

    Raises:
        UsageError: the file is missing or malformed; names file, entry, key and remedy.
    """
    return _shipped() if path is None else _read(path)


@cache
def _shipped() -> Catalogue:
    return _read(_CATALOGUE_FILE)


def _read(path: Path) -> Catalogue:
    entries = _entries(path)
    releases = [_release(path, index, entry) for index, entry in enumerate(entries, start=1)]
    _refuse_duplicates(path, releases)
    return Catalogue(tuple(sorted(releases, key=lambda release: release.number)))


def _is_one_step(from_: Release, to: Release) -> bool:
    jump = to.major - from_.major
    skips = jump == 2 and from_.slurp and to.slurp and from_.major >= _FIRST_SLURP_MAJOR
    return jump in (0, 1) or skips


def _shortest_way(releases: Iterable[Release], from_: Release, to: Release) -> tuple[Release, ...]:
    """Return the fewest releases to stop at between the two; empty where there is no way."""
    known = tuple(releases)
    ways: list[tuple[Release, ...]] = [()]
    seen = {from_.version}
    while ways:
        way = ways.pop(0)
        here = way[-1] if way else from_
        if way and _is_one_step(here, to):
            return way
        for stop in reversed(known):
            if (
                stop.version not in seen
                and here.number < stop.number < to.number
                and _is_one_step(here, stop)
            ):
                seen.add(stop.version)
                ways.append((*way, stop))
    return ()


class _ServesTable(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    script: str | None = None
    module: Annotated[str, StringConstraints(pattern=r"^[\w.]+:\w+$")] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.script is None) == (self.module is None):
            raise ValueError("exactly one of script and module is needed")
        return self

    def parsed(self) -> Serves:
        if self.script is not None:
            return Serves("script", self.script)
        return Serves("module", self.module or "")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    series: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.]+$")]
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    slurp: StrictBool
    pythons: Annotated[list[Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]], Field(min_length=1)]
    lock: Annotated[str, StringConstraints(pattern=r"^[\w.-]+\.txt$")]
    lock_cut_off: date
    serves: _ServesTable
    commands: list[Command]
    version_table: VersionTable

    def parsed(self) -> Release:
        return Release(
            series=self.series,
            version=self.version,
            slurp=self.slurp,
            pythons=tuple(self.pythons),
            lock=self.lock,
            lock_cut_off=self.lock_cut_off,
            serves=self.serves.parsed(),
            commands=frozenset(self.commands),
            version_table=self.version_table,
        )


def _entries(path: Path) -> list[Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path.name}: cannot be read ({error.strerror}); give another file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name}: is not TOML: {error}; {_HOW_TO_WRITE}") from error
    entries = document.pop("release", None)
    if document:
        raise UsageError(f"{path.name}: unknown key {min(document)!r}: only [[release]] is; {_HOW_TO_WRITE}")
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{path.name}: has no [[release]] entry; {_HOW_TO_WRITE}")
    return entries


def _release(path: Path, index: int, entry: Any) -> Release:
    try:
        return _Entry.model_validate(entry).parsed()
    except ValidationError as error:
        series = entry.get("series", "without series") if isinstance(entry, dict) else "without keys"
        words = problem(error, _Entry, whole="the whole entry")
        raise UsageError(f"{path.name}: entry {index} ({series}), {words}; {_HOW_TO_WRITE}") from error


def _refuse_duplicates(path: Path, releases: Iterable[Release]) -> None:
    seen: set[str] = set()
    for index, release in enumerate(releases, start=1):
        if release.version in seen:
            raise UsageError(
                f"{path.name}: entry {index} ({release.series}), version: "
                f"{release.version} is there twice; remove one"
            )
        seen.add(release.version)
