"""The database migrations of an installed release, read from its own Alembic scripts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from harness.errors import HarnessError
from harness.releases.prepare import InstalledRelease
from harness.releases.schema import Heads

Branch = Literal["expand", "contract"]
BRANCHES: tuple[Branch, ...] = get_args(Branch)

_VERSIONS = Path("keystone/common/sql/migrations/versions")


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration script."""

    branch: Branch
    revision: str
    """What the version table holds once it is done."""
    down_revision: str | None
    """The one before it in its branch; the first of a branch has the common initial one, or None."""
    title: str
    """First line of the script, which `keystone-manage` logs as it runs."""


def migrations(installed: InstalledRelease) -> tuple[Migration, ...]:
    """Return all migrations of the release in the order they run: expand, then contract, each oldest first.

    Raises:
        HarnessError: the release has no Alembic scripts (older than Yoga), or they form no chain.
    """
    folder = installed.site_packages / _VERSIONS
    scripts = sorted(path for branch in BRANCHES for path in folder.glob(f"*/{branch}/*.py"))
    found = [_read(path) for path in scripts if path.name != "__init__.py"]
    if not found:
        raise HarnessError(
            f"Keystone {installed.release} has no Alembic migrations under {folder}: "
            "releases older than Yoga (21) keep theirs in a form the harness does not read"
        )
    return tuple(
        migration
        for branch in BRANCHES
        for migration in _chain(branch, [each for each in found if each.branch == branch], folder)
    )


def heads(installed: InstalledRelease) -> Heads:
    """Return the last revision of either branch.

    Raises:
        HarnessError: as `migrations`.
    """
    last = {migration.branch: migration.revision for migration in migrations(installed)}
    return Heads(expand=last["expand"], contract=last["contract"])


def pending(installed_from: InstalledRelease, installed_to: InstalledRelease) -> tuple[Migration, ...]:
    """Return what an upgrade runs on a database complete for the older release, in the order it runs.

    Raises:
        HarnessError: as `migrations`, or the newer release lacks a migration of the older one.
    """
    done = {migration.revision for migration in migrations(installed_from)}
    known = migrations(installed_to)
    strange = done - {migration.revision for migration in known}
    if strange:
        raise HarnessError(
            f"Keystone {installed_to.release} does not know migration {min(strange)} "
            f"of {installed_from.release}: it cannot take over that database"
        )
    return tuple(migration for migration in known if migration.revision not in done)


def _chain(branch: Branch, found: list[Migration], folder: Path) -> list[Migration]:
    """Put the migrations of a branch in order: one has its predecessor outside, every other follows one."""
    inside = {migration.revision for migration in found}
    after: str | None = None
    chain: list[Migration] = []
    while len(chain) < len(found) or not chain:
        following = [each for each in found if _follows(each, after, inside)]
        if len(following) != 1:
            raise HarnessError(
                f"the {branch} migrations under {folder} form no chain: {len(following)} follow "
                f"{after or 'the start'}; remove the release and prepare it again"
            )
        chain.append(following[0])
        after = following[0].revision
    return chain


def _follows(migration: Migration, after: str | None, inside: set[str]) -> bool:
    # The first of a branch follows the common initial script, which belongs to neither branch.
    return migration.down_revision == after if after else migration.down_revision not in inside


def _read(path: Path) -> Migration:
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        raise HarnessError(f"migration {path} cannot be read ({error}); prepare the release again") from error
    constants = dict(_constants(module))
    revision, before = constants.get("revision"), constants.get("down_revision")
    if not isinstance(revision, str) or not isinstance(before, str | None):
        raise HarnessError(
            f"migration {path} does not say its revision; the harness cannot read this release"
        )
    return Migration(
        branch="expand" if path.parent.name == "expand" else "contract",
        revision=revision,
        down_revision=before,
        title=(ast.get_docstring(module) or "").partition("\n")[0].strip(),
    )


def _constants(module: ast.Module) -> Iterator[tuple[str, object]]:
    """Yield name and value of each assignment of a constant at the top of a script."""
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=value)):
                yield name, value
