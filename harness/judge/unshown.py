"""What a pair of releases, or a deployment of one node, can not show, whatever a run of it looks like."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Edge, Step
from harness.evidence.outcomes import DatabaseCheck, DatabaseSynced
from harness.judge.evidence import Evidence
from harness.judge.model import Span
from harness.judge.words import listed

_NOTHING_MIGRATED = (
    "No step of expand, migrate or contract had anything to migrate, so nothing was shown of a change of the "
    "schema while requests went on."
)
_ONE_NODE = (
    "There is one node, so nobody is served while it is changed, drained or not; and its old and its new "
    "release never served together, so nothing was shown of what one makes and the other must honour at the "
    "same time."
)


def unshown(evidence: Evidence) -> Iterator[str]:
    """A sentence for each."""
    if not evidence.upgrades:
        return
    empty = _phases_without_migrations(evidence)
    if nothing_migrated(evidence):
        yield _NOTHING_MIGRATED
    elif empty:
        phases = listed(empty).capitalize()
        yield f"{phases} had nothing to migrate, so nothing was shown of it while requests went on."
    if any(_lies(step) for step in evidence.timeline.steps):
        yield (
            f"keystone-manage db_sync --check of {evidence.manifest.to.version} answers that nothing is due "
            "whatever is due (Launchpad 2080542): its answer shows nothing, and the version tables were read "
            "instead."
        )
    if has_one_node(evidence):
        yield _ONE_NODE


def nothing_migrated(evidence: Evidence) -> bool:
    """Whether it is known that no step which changes the schema had anything to change."""
    synced = _synced(evidence)
    return bool(synced) and len(_phases_without_migrations(evidence)) == len(synced)


def has_one_node(evidence: Evidence) -> bool:
    """Whether nobody else can serve while it is changed."""
    return len(evidence.manifest.nodes) == 1


def _synced(evidence: Evidence) -> list[Span]:
    if not evidence.upgrades:
        return []
    return [s for s in evidence.timeline.steps if s.step == Step.DB_SYNC and s.edge == Edge.END]


def _phases_without_migrations(evidence: Evidence) -> list[str]:
    """Phases whose log tells of no migration, and whose version tables did not move, where they were read."""
    return [
        step.phase
        for step in _synced(evidence)
        if DatabaseSynced.of(step.detail).migrations == () and not _moved(evidence, step)
    ]


def _moved(evidence: Evidence, step: Span) -> bool:
    tables = {
        sample.edge: sample.tables
        for sample in evidence.database.versions
        if (sample.phase, sample.step) == (step.phase, step.step)
    }
    before, after = tables.get(Edge.BEGIN), tables.get(Edge.END)
    return before is not None and after is not None and before != after


def _lies(step: Span) -> bool:
    """Whether `--check` of a release that is known to lie said that nothing is due."""
    check = DatabaseCheck.of(step.detail)
    return step.step == Step.DB_CHECK and check.trusted is False and check.answer == "nothing is due"
