"""How the writes of unknown outcome turned out, by what a read-back shows of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.evidence.ledger import EntityRead, Found, ReadBack, Write
from harness.evidence.names import Outcome
from harness.judge.expected import State, expected, fits, fits_login
from harness.judge.measures.sights import judgeable


class Fate(StrEnum):
    """What became of a write."""

    CARRIED_OUT = "carried_out"
    NOT_CARRIED_OUT = "not_carried_out"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Resolution:
    """A write of unknown outcome and what became of it."""

    write: Write
    fate: Fate


def resolutions(read_back: ReadBack) -> tuple[Resolution, ...]:
    """Every write of unknown outcome that the read-back speaks of, by entity."""
    return tuple(
        Resolution(write, _fate(entity, write))
        for entity in judgeable(read_back)
        for write in entity.writes
        if write.name == entity.name and write.known == Outcome.UNKNOWN
    )


def _fate(entity: EntityRead, write: Write) -> Fate:
    """Whether what was seen can be explained only with the write, only without it, or both ways."""
    seen = [found for found in entity.found.values() if found.listed is not None]
    if not seen:
        return Fate.IN_DOUBT
    with_it, without = (
        any(_shows(seen, state) for state in expected(_as_if(entity.writes, write, outcome)))
        for outcome in (Outcome.OK, Outcome.FAILED)
    )
    if with_it == without:
        return Fate.IN_DOUBT
    return Fate.CARRIED_OUT if with_it else Fate.NOT_CARRIED_OUT


def _shows(seen: list[Found], state: State) -> bool:
    """Whether the first view that had a list, and every login, can be of an entity in that state."""
    listed = seen[0].listed
    return fits(listed[0] if listed else None, state) and all(
        fits_login(login, state) for found in seen for login in found.logins
    )


def _as_if(writes: Iterable[Write], write: Write, outcome: Outcome) -> list[Write]:
    return [replace(each, outcome=outcome, error=None) if each is write else each for each in writes]
