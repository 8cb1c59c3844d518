"""What must be found of an entity, folded from the writes that were asked of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.evidence.ledger import Sighting, Write
from harness.evidence.names import Operation, Outcome
from harness.judge.expected import (
    THERE,
    State,
    certain_password,
    differences,
    expected,
    fits,
    password_versions,
)

MADE: dict[str, Any] = {"description": "as made", "enabled": True}


def write(op: str, outcome: str = "ok", at: int = 0, **asked: Any) -> Write:
    return Write(
        "lane", op, "alice", "u1", asked, f"req-{at}", at, at + 1, Outcome(outcome), None, "node1", "27.1.0"
    )


def there(**attributes: Any) -> State:
    return tuple(sorted(attributes.items()))


CREATE = write("user_create", **MADE)
UPDATE = write("user_update", description="changed")
DELETE = write("user_delete")


def in_doubt(of: Write) -> Write:
    return replace(of, outcome=Outcome.UNKNOWN)


def refused(of: Write) -> Write:
    return replace(of, outcome=Outcome.FAILED)


def test_what_was_acknowledged_is_there_as_it_was_asked() -> None:
    assert expected([CREATE]) == {there(**MADE)}
    assert expected([CREATE, UPDATE]) == {there(description="changed", enabled=True)}
    assert expected([CREATE, UPDATE, DELETE]) == {None}


def test_what_certainly_failed_changes_nothing() -> None:
    assert expected([refused(CREATE)]) == {None}
    assert expected([CREATE, refused(UPDATE), refused(DELETE)]) == {there(**MADE)}


def test_what_is_unknown_may_or_may_not_have_happened() -> None:
    assert expected([in_doubt(CREATE)]) == {None, there(**MADE)}
    assert expected([CREATE, in_doubt(UPDATE)]) == {
        there(**MADE),
        there(description="changed", enabled=True),
    }
    assert expected([CREATE, in_doubt(DELETE)]) == {there(**MADE), None}


def test_an_unknown_write_may_take_effect_after_a_later_one() -> None:
    last = write("user_update", description="last")
    assert expected([CREATE, in_doubt(UPDATE), last]) == {
        there(description="last", enabled=True),
        there(description="changed", enabled=True),
    }
    assert expected([CREATE, in_doubt(DELETE), last]) == {there(description="last", enabled=True), None}


def test_an_acknowledged_change_shows_that_an_unknown_creation_was_carried_out() -> None:
    states = expected([in_doubt(CREATE), UPDATE])
    assert None not in states


def test_of_what_was_there_before_the_ledger_began_only_the_changes_are_known() -> None:
    assert expected([in_doubt(DELETE)]) == {None, THERE}
    assert expected([UPDATE]) == {there(description="changed")}
    assert expected([DELETE]) == {None}


def test_a_grant_goes_with_its_user() -> None:
    assert expected([write("role_grant")]) == {THERE}
    assert expected([write("role_grant"), write("role_revoke")]) == {None}
    assert expected([write("role_grant"), DELETE]) == {None}
    assert expected([write("role_grant"), in_doubt(write("project_delete"))]) == {THERE, None}


def test_an_answer_fits_a_state_whose_attributes_it_shows() -> None:
    seen = Sighting("u1", {"description": "as made", "enabled": True, "email": "of nobody's asking"})
    assert fits(seen, there(**MADE, password=3))
    assert fits(seen, THERE)
    assert fits(None, None)
    assert not fits(seen, None)
    assert not fits(None, THERE)
    assert not fits(seen, there(description="changed"))


def test_what_differs_is_what_no_state_explains() -> None:
    seen = Sighting("u1", {"description": "x", "enabled": True})
    states = [there(**MADE), there(description="changed", enabled=False)]
    assert differences(seen, states) == {"description": ("x", frozenset({"as made", "changed"}))}


def test_the_password_is_the_one_last_acknowledged() -> None:
    states = expected([write("user_create", password=1), write("password_change", password=2)])
    assert certain_password(states) == 2
    assert password_versions(states) == {2}


def test_a_password_in_doubt_may_be_either() -> None:
    states = expected([write("user_create", password=1), write("password_change", "unknown", password=2)])
    assert certain_password(states) is None
    assert password_versions(states) == {1, 2}


def test_who_is_disabled_or_deleted_may_not_log_in() -> None:
    made = write("user_create", password=1, enabled=True)
    for ending in (write("user_update", enabled=False), DELETE):
        states = expected([made, ending])
        assert (certain_password(states), password_versions(states)) == (None, frozenset())


OPS = st.sampled_from(["user_update", "password_change", "user_delete"])
OUTCOMES = st.sampled_from(["ok", "failed", "unknown"])
AT_ONCE: st.SearchStrategy[Any] = st.booleans()
WHEN: st.SearchStrategy[Any] = st.sampled_from(["now", "later", "never"])
VALUES = st.integers(min_value=1, max_value=3)


@st.composite
def lives(draw: st.DrawFn) -> list[Write]:
    """A creation and changes of any outcome; nothing is asked of what was certainly deleted."""
    writes = [write("user_create", draw(OUTCOMES), password=1)]
    for at, (op, outcome, value) in enumerate(draw(st.lists(st.tuples(OPS, OUTCOMES, VALUES), max_size=6))):
        asked = {} if op == "user_delete" else {"password": value}
        writes.append(write(op, outcome, at + 1, **asked))
        if (op, outcome) == ("user_delete", "ok"):
            break
    return writes


@given(lives(), st.data())
def test_whatever_a_server_does_with_unknown_writes_its_state_is_expected(
    writes: list[Write], data: st.DataObject
) -> None:
    """A server of our own: carries out what it acknowledges, and the unknown at once, later or never."""
    state: dict[str, object] | None = None
    late: list[Write] = []
    for each in writes:
        if late and data.draw(AT_ONCE, "whether a late one takes effect"):
            state = _served(late.pop(0), state)
        if each.outcome == Outcome.UNKNOWN:
            when = data.draw(WHEN, "an unknown one")
            state = _served(each, state) if when == "now" else state
            late += [each] if when == "later" else []
        elif each.outcome == Outcome.OK:
            if state is None and each.op not in (Operation.USER_CREATE, Operation.USER_DELETE):
                return  # such a server would not have acknowledged it
            state = _served(each, state)
    for each in late:
        state = _served(each, state)
    assert (None if state is None else tuple(sorted(state.items()))) in expected(writes)


@given(lives())
def test_where_every_outcome_is_known_one_state_is_expected(writes: list[Write]) -> None:
    known = [each for each in writes if each.outcome != Outcome.UNKNOWN]
    if known and known[0].op == Operation.USER_CREATE:
        assert len(expected(known)) == 1


@given(lives())
def test_doubt_never_rules_out_what_certainty_allows(writes: list[Write]) -> None:
    """An unknown outcome that turns out as failed leads to one of the states that were possible before."""
    failed = [refused(each) if each.outcome == Outcome.UNKNOWN else each for each in writes]
    if all(each.op not in ("user_update", "password_change") or each.outcome != "ok" for each in writes):
        assert expected(failed) <= expected(writes)


def _served(write: Write, state: dict[str, object] | None) -> dict[str, object] | None:
    if write.op == Operation.USER_DELETE:
        return None
    if write.op == Operation.USER_CREATE:
        return dict(write.asked) if state is None else state
    return None if state is None else {**state, **write.asked}
