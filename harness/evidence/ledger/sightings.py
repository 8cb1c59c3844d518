"""What a read-back found of what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.evidence.ledger.writes import Kind, Value, Write
from harness.evidence.rows import Flag, Natural, Whole

BALANCER = "balancer"
"""The view through the balancer; every other view is named as its node."""

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

    status: Natural
    """200, 404, or whatever stood in the way; 0 where no answer came."""
    seen: Sighting | None
    """What a 200 held."""
    node: str | None
    """Node that answered."""


@dataclass(frozen=True, slots=True)
class Login:
    """Answer to a login with one version of an entity's password."""

    version: Whole
    status: Natural
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
    changing: Flag = False
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
