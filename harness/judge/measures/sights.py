"""What a read-back shows that no possible history of an entity explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.evidence.ledger import BALANCER, EntityRead, Found, ReadBack, Sighting, Stage, Value
from harness.evidence.names import Outcome
from harness.judge.expected import (
    LOGGED_IN,
    REFUSED,
    State,
    certain_password,
    differences,
    expected,
    fits,
    is_deletion,
    password_versions,
)
from harness.judge.words import listed

_NEVER_MADE = "it is there although no creation of it was carried out"


class Fault(StrEnum):
    """How an entity may be otherwise than acknowledged."""

    LOST = "lost"  # an acknowledged creation or grant is not there
    RESURRECTED = "resurrected"  # an acknowledged deletion or revocation is undone
    WRONG = "wrong"  # it is there with another id, attribute or password
    DUPLICATED = "duplicated"  # its unique name stands twice


@dataclass(frozen=True, slots=True)
class Sight:
    """One fault of one entity, as one view showed it."""

    fault: Fault
    entity: EntityRead
    stage: Stage
    view: str
    what: str
    """For WRONG, what is wrong; else empty."""


def judgeable(read_back: ReadBack) -> tuple[EntityRead, ...]:
    """Entities that nobody wrote to while they were read."""
    return tuple(entity for entity in read_back.entities if not entity.changing)


def sights(read_back: ReadBack) -> Iterator[Sight]:
    """Every fault that a stage shows, by entity, then view."""
    for entity in judgeable(read_back):
        states = expected(entity.writes)
        for view in read_back.views:
            found = entity.found.get(view)
            for fault, what in dict.fromkeys(_faults(entity, found, states)) if found else ():
                yield Sight(fault, entity, read_back.stage, view, what)


def unread(read_back: ReadBack) -> int:
    """Answers that are missing: lists, reads by id and logins that told nothing either way."""
    return sum(_unread(entity.found.get(view)) for entity in judgeable(read_back) for view in read_back.views)


def _unread(found: Found | None) -> int:
    if found is None:
        return 1
    by_id = found.by_id is not None and found.by_id.status not in (200, 404)
    logins = sum(login.status not in (LOGGED_IN, REFUSED) for login in found.logins)
    return (found.listed is None) + by_id + logins


def _faults(entity: EntityRead, found: Found, states: frozenset[State]) -> Iterator[tuple[Fault, str]]:
    if found.listed is not None:
        if len(found.listed) > 1:
            yield Fault.DUPLICATED, ""
        seen = _own(found.listed, known_id(entity))
        yield from _sighted(entity, seen, states)
        yield from _renamed(entity, seen)
    if found.by_id is not None and found.by_id.status in (200, 404):
        yield from _sighted(entity, found.by_id.seen, states)
        yield from _renamed(entity, found.by_id.seen)
    yield from _logged_in(entity, found, states)


def known_id(entity: EntityRead) -> str | None:
    """The id by which its creation was acknowledged."""
    return next(
        (write.entity_id for write in entity.writes if write.entity_id and write.name == entity.name), None
    )


def _own(listed: tuple[Sighting, ...], own_id: str | None) -> Sighting | None:
    """The one that is meant: that of the acknowledged id, else whichever has the name."""
    return next((seen for seen in listed if seen.id == own_id), listed[0] if listed else None)


def _sighted(
    entity: EntityRead, seen: Sighting | None, states: frozenset[State]
) -> Iterator[tuple[Fault, str]]:
    own_id = known_id(entity)
    if any(fits(seen, state) for state in states):
        if seen is not None and own_id is not None and seen.id != own_id:
            yield Fault.WRONG, f"it has the id {seen.id}"
    elif seen is None:
        yield Fault.LOST, ""
    elif states == {None}:
        yield (Fault.RESURRECTED, "") if _was_deleted(entity) else (Fault.WRONG, _NEVER_MADE)
    else:
        yield Fault.WRONG, _words(seen, states)


def _was_deleted(entity: EntityRead) -> bool:
    """Whether a deletion was acknowledged: only then can it be back, else it was never made."""
    return any(write.outcome == Outcome.OK and is_deletion(write, entity.kind) for write in entity.writes)


def _renamed(entity: EntityRead, seen: Sighting | None) -> Iterator[tuple[Fault, str]]:
    """Nobody renames: the name is what its writes are known by."""
    if seen is not None and seen.name is not None and seen.name != entity.name:
        yield Fault.WRONG, f"its name is {_value(seen.name)} instead of {_value(entity.name)}"


def _words(seen: Sighting, states: frozenset[State]) -> str:
    told = [
        f"its {key} is {_value(value)} instead of {' or '.join(sorted(map(_value, due)))}"
        for key, (value, due) in differences(seen, states).items()
    ]
    return listed(told) if told else "its attributes are those of no state that it may be in"


def _value(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else repr(str(value)[:64])


def _logged_in(entity: EntityRead, found: Found, states: frozenset[State]) -> Iterator[tuple[Fault, str]]:
    must, may = certain_password(states), password_versions(states)
    for login in found.logins:
        if login.status == REFUSED and login.version == must:
            yield Fault.WRONG, "its acknowledged password is refused"
        if login.status == LOGGED_IN and login.version not in may:
            yield Fault.WRONG, _wrongly_accepted(entity, states)


def _wrongly_accepted(entity: EntityRead, states: frozenset[State]) -> str:
    if states == {None}:
        return "it is deleted and logs in" if _was_deleted(entity) else "it was never made and logs in"
    if all(dict(state).get("enabled") is False for state in states if state is not None):
        return "it is disabled and logs in"
    return "a password that it no longer has is accepted"


def where(view: str) -> str:
    """A view as a sentence names it."""
    return "through the balancer" if view == BALANCER else f"at {view}"
