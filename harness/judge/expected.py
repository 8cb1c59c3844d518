"""What must be found of an entity, folded from the writes that were asked of it.

The entity is a register with one writer, so its history has an order. A write of unknown outcome may have
been carried out at its time, later, or never: a server may finish what its client has given up. So from its
invocation on every state counts as possible that it leads to, as Jepsen leaves such an operation concurrent
with all later ones (its tutorial, part 6: https://github.com/jepsen-io/jepsen, doc/tutorial/06-refining.md).
An answer tells of the last sending alone, so one that refuses leaves the write unknown: `Write.known`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.evidence.ledger import PASSWORD, Kind, Login, Sighting, Value, Write
from harness.evidence.names import Operation, Outcome

LOGGED_IN, REFUSED = 201, 401
"""Answers to a login that tell something of who it is about."""
State = tuple[tuple[str, Value], ...] | None
"""None: it is not there. Otherwise its attributes as far as they were asked for, sorted by name."""

_CREATES = frozenset({Operation.USER_CREATE, Operation.PROJECT_CREATE, Operation.ROLE_GRANT})
_DELETES = frozenset({Operation.USER_DELETE, Operation.PROJECT_DELETE, Operation.ROLE_REVOKE})
THERE: State = ()
"""It is there, and nothing is known of its attributes."""


def expected(writes: Sequence[Write]) -> frozenset[State]:
    """The states that an entity may be in after `writes`, given in the order in which they were invoked.

    An entity whose first write does not make it was there or not, as far as the ledger knows.
    """
    states = frozenset({None}) if writes and writes[0].op in _CREATES else frozenset({None, THERE})
    pending: list[Write] = []
    for write in writes:
        if write.outcome == Outcome.OK:
            states = _acknowledged(write, states)
        elif write.known != Outcome.FAILED:
            pending.append(write)
        states = _with_pending(states, pending)
    return states


def fits(seen: Sighting | None, state: State) -> bool:
    """Whether an answer shows the entity in that state; a password shows in no answer."""
    if seen is None or state is None:
        return seen is None and state is None
    return all(seen.attributes.get(key) == value for key, value in state if key != PASSWORD)


def fits_login(login: Login, state: State) -> bool:
    """Whether the entity may answer so in that state; where its password is not known, it may."""
    password = dict(state).get(PASSWORD) if state is not None and _may_log_in(state) else None
    if login.status == REFUSED:
        return password is None or password != login.version
    if login.status != LOGGED_IN:
        return True
    return state is not None and _may_log_in(state) and password in (None, login.version)


def password_versions(states: Iterable[State]) -> frozenset[int]:
    """Versions of the password that a login may rightly be accepted with."""
    found = (dict(state).get(PASSWORD) for state in states if state is not None and _may_log_in(state))
    return frozenset(version for version in found if isinstance(version, int))


def certain_password(states: Iterable[State]) -> int | None:
    """The version that every login must be accepted with; None where there is none or it is in doubt."""
    versions = {
        dict(state).get(PASSWORD) if state is not None and _may_log_in(state) else None for state in states
    }
    version = next(iter(versions)) if len(versions) == 1 else None
    return version if isinstance(version, int) else None


def differences(seen: Sighting, states: Iterable[State]) -> Mapping[str, tuple[Value, frozenset[Value]]]:
    """Attribute -> what was seen and what it may be, of those that no possible state explains."""
    there = [dict(state) for state in states if state is not None]
    found: dict[str, tuple[Value, frozenset[Value]]] = {}
    for key in sorted({key for state in there for key in state if key != PASSWORD}):
        if any(key not in state for state in there):
            continue
        due = frozenset(state[key] for state in there)
        if seen.attributes.get(key) not in due:
            found[key] = (seen.attributes.get(key), due)
    return found


def is_deletion(write: Write, kind: Kind) -> bool:
    """Whether the write takes an entity of that kind away; a grant goes with its user or project."""
    return write.op in _DELETES and (kind is Kind.GRANT or write.kind is kind)


def _may_log_in(state: tuple[tuple[str, Value], ...]) -> bool:
    return dict(state).get("enabled", True) is True


def _acknowledged(write: Write, states: frozenset[State]) -> frozenset[State]:
    """Where a change was acknowledged the entity was there, whatever was thought of it before."""
    if write.op in _CREATES:
        return frozenset({_applied(write, None)})
    if write.op in _DELETES:
        return frozenset({None})
    there: list[State] = [state for state in states if state is not None] or [THERE]
    return frozenset(_applied(write, state) for state in there)


def _with_pending(states: frozenset[State], pending: Sequence[Write]) -> frozenset[State]:
    """Every state that is reached when any of the pending writes take effect, in any order."""
    reached = states
    while True:
        further = reached | {_applied(write, state) for write in pending for state in reached}
        if further == reached:
            return reached
        reached = further


def _applied(write: Write, state: State) -> State:
    """What the write makes of a state: what is there is not made again, what is gone does not change."""
    if write.op in _DELETES:
        return None
    if write.op in _CREATES:
        return tuple(sorted(write.asked.items())) if state is None else state
    return None if state is None else tuple(sorted({**dict(state), **write.asked}.items()))
