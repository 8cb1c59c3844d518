"""Decides, from the ledger alone, what a read-back asks of Keystone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.evidence.ledger import PASSWORD, Kind, Write
from harness.evidence.names import Operation, Outcome

_ENDS_GRANTS = frozenset({Operation.USER_DELETE, Operation.PROJECT_DELETE})


@dataclass(frozen=True, slots=True)
class Entity:
    """Something that was written to."""

    kind: Kind
    name: str
    entity_id: str | None
    """None where no answer told it."""
    writes: tuple[Write, ...]
    """By the time they were invoked; of a grant also the deletions of its user or project."""

    @property
    def password_versions(self) -> tuple[int, ...]:
        """Versions of its password that Keystone may have, newest first."""
        asked = [w.asked.get(PASSWORD) for w in self.writes if w.known != Outcome.FAILED]
        return tuple(sorted({version for version in asked if isinstance(version, int)}, reverse=True))

    @property
    def is_settled(self) -> bool:
        """Whether every write to it is known to have been carried out or not."""
        return all(write.known != Outcome.UNKNOWN for write in self.writes)


def entities(writes: Sequence[Write]) -> tuple[Entity, ...]:
    """The entities of a ledger, by the time of their first write."""
    grouped: dict[tuple[Kind, str], list[Write]] = {}
    for write in writes:
        grouped.setdefault((write.kind, write.name), []).append(write)
    endings = [write for write in writes if write.op in _ENDS_GRANTS]
    return tuple(_entity(kind, name, own, endings) for (kind, name), own in grouped.items())


def _entity(kind: Kind, name: str, own: list[Write], endings: list[Write]) -> Entity:
    entity_id = next((write.entity_id for write in own if write.entity_id), None)
    if kind is Kind.GRANT and entity_id is not None:
        parts = set(entity_id.split("/"))
        own = own + [write for write in endings if write.entity_id in parts]
    return Entity(kind, name, entity_id, tuple(sorted(own, key=lambda write: write.invoked_ns)))


def changing(before_ns: int, open_since_ns: int, after: Iterable[Write]) -> frozenset[tuple[Kind, str]]:
    """Entities that were written to while they were read.

    Args:
        before_ns: the cut-off; what was invoked later changed them.
        open_since_ns: a write that has no end although it was invoked before this never gets one: its
            generator gave it up, so it is an unknown one and not one under way.
        after: the ledger as it was once everything had been read.
    """
    touched = [
        write
        for write in after
        if write.invoked_ns > before_ns
        or (
            write.invoked_ns > open_since_ns
            and (write.completed_ns is None or write.completed_ns > before_ns)
        )
    ]
    direct = {(write.kind, write.name) for write in touched}
    grants = {
        (entity.kind, entity.name)
        for entity in entities(list(after))
        if entity.kind is Kind.GRANT and any((w.kind, w.name) in direct for w in entity.writes)
    }
    return frozenset(direct | grants)


def evenly(chosen_from: Sequence[Entity], count: int) -> tuple[Entity, ...]:
    """At most `count` of them, spread evenly over the run, so that every phase and release has its part."""
    if len(chosen_from) <= count:
        return tuple(chosen_from)
    return tuple(chosen_from[number * len(chosen_from) // count] for number in range(count))


def logins(found: Sequence[Entity], sample: int) -> tuple[Entity, ...]:
    """Users to log in: those whose password is in doubt first, then a sample of the others."""
    able = [each for each in found if each.password_versions and each.entity_id]
    doubtful = [each for each in able if not each.is_settled][:sample]
    settled = [each for each in able if each.is_settled]
    return (*doubtful, *evenly(settled, sample - len(doubtful)))
