"""What the version tables of the database hold: the revisions that a release's own phases end on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.releases.catalogue import Release

ALEMBIC = "alembic_version"
"""Version table of Alembic, a row a branch; from Yoga (21) on."""
MIGRATE = "migrate_version"
"""Version table of sqlalchemy-migrate, which older releases leave behind."""

Tables = dict[str, list[str]]
"""Version table -> its rows, sorted."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The rows that the table `alembic_version` holds once a release's own phases are done."""

    expand: str
    contract: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Heads of every release that an upgrade goes through, read from the releases' own scripts."""

    heads: Mapping[str, Heads]
    """Version -> its heads."""

    def tables(self, expanded: Release, contracted: Release) -> Tables:
        """The version tables of a schema expanded for one release and contracted for another, or the same.

        Raises:
            HarnessError: a release is none of this upgrade.
        """
        return {ALEMBIC: sorted((self._of(expanded).expand, self._of(contracted).contract))}

    def _of(self, release: Release) -> Heads:
        if release.version not in self.heads:
            raise HarnessError(f"the heads of {release} are not known to this upgrade")
        return self.heads[release.version]
