"""Old data in its kinds: made before the load begins, and looked at as it is from then on."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from harness.deployment.abilities import OldRows
from harness.errors import HarnessError
from harness.evidence.continuity import OLD_DATA_CHECKS, Cell, Check, is_due
from harness.evidence.names import Phase, Step
from harness.evidence.outcomes import OldDataMade
from harness.procedure.continuity.node_api import NodeApi, NotMadeError
from harness.procedure.continuity.old_ground import Ground, LeftOutError
from harness.procedure.continuity.old_kinds import KINDS, Kind
from harness.procedure.continuity.old_passwords import OLD_HASHES
from harness.procedure.continuity.old_thing import OldThing
from harness.procedure.continuity.trial import Obstacle, not_checked

_NO_TIME = Obstacle("not begun: the step had taken too long")
_AT_ONCE = 3
"""Kinds that are made at once, by a node with two workers that has nothing else to do."""


@dataclass(slots=True)
class OldData:
    """What there is of it."""

    home: str
    """Node at which it was made."""
    things: list[OldThing] = field(default_factory=list)
    left_out: dict[Check, str] = field(default_factory=dict)
    """Kind -> why nobody is to look for it: this deployment or its release can not have it."""
    objections: dict[Check, str] = field(default_factory=dict)
    """Kind -> why it could not be made although it can be had."""

    @property
    def made(self) -> OldDataMade:
        """For the journal."""
        objects = {str(thing.check): thing.objects for thing in self.things}
        return OldDataMade(objects, _by_name(self.left_out), _by_name(self.objections))

    def cells(self, phase: Phase, node: NodeApi, refusal: Obstacle | None, until_s: float) -> Iterator[Cell]:
        """A cell for each kind that is due, also where a node can not be asked: `refusal`, or no time."""
        step = Step.CHECK_OLD_DATA
        for thing in (each for each in self.things if is_due(each.check, phase)):
            obstacle = refusal or (None if time.monotonic() < until_s else _NO_TIME)
            if obstacle:
                yield not_checked(phase, step, thing.check, (self.home, node.name), obstacle)
            else:
                yield thing.cell(phase, step, node)


def _by_name(told: Mapping[Check, str]) -> dict[str, str]:
    return {str(check): words for check, words in told.items()}


def seed_old_data(node: NodeApi, projects: int, able: OldRows | None) -> OldData:
    """Make every kind at a node and look at each once there; what could not be made stops nothing.

    Args:
        node: who makes it; it serves the release from which the upgrade starts.
        projects: how many projects there are to be.
        able: writes rows behind the API; None: the kinds that need it are left out.
    """
    data = OldData(node.name)
    tag, numbers = f"continuity-old-{secrets.token_hex(4)}", itertools.count()
    try:
        ground = Ground.make(node, lambda: f"{tag}-{next(numbers)}", projects, able)
    except NotMadeError as error:
        data.objections.update(dict.fromkeys(OLD_DATA_CHECKS, str(error)))
        return data
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for part in pool.map(lambda kind: _seeded(ground, kind), KINDS):
            data.things += part.things
            data.left_out |= part.left_out
            data.objections |= part.objections
    return data


def _seeded(ground: Ground, kind: Kind) -> OldData:
    part = OldData(ground.node.name)
    try:
        things = kind.make(ground)
    except LeftOutError as error:
        part.left_out = dict.fromkeys(kind.checks, str(error))
    except (NotMadeError, HarnessError) as error:
        part.objections = dict.fromkeys(kind.checks, str(error))
    else:
        for thing in things:
            _tried(part, ground.node, thing)
    return part


def _tried(part: OldData, node: NodeApi, thing: OldThing) -> None:
    """Take a thing in if it holds on the spot; it says why where it does not."""
    look = thing.look(node)
    if look.holds:
        part.things.append(thing)
    elif look.is_answer and not _is_to_be_read(thing):
        part.left_out[thing.check] = f"{thing.made_at.release or 'the release that serves'} does not read it"
    else:
        part.objections[thing.check] = f"{node.name} {look.words} when it was first asked"


def _is_to_be_read(thing: OldThing) -> bool:
    """Whether its release reads it by its source; where that is not known, its answer alone decides."""
    hashed, major = OLD_HASHES.get(thing.check), (thing.made_at.release or "").split(".")[0]
    return hashed is None or (major.isdecimal() and hashed.is_read_by(int(major)))
