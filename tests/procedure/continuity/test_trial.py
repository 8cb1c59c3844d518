"""When a change was honoured, told from the times of the looks alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

import pytest

from harness.evidence.cache_drops import Drop, Region
from harness.evidence.continuity import Cell, CellOutcome, Check, Looks, Place
from harness.keystone.reply import Reply
from harness.procedure.continuity.node_api import Fixture, Made, NodeApi, NotMadeError
from harness.procedure.continuity.pace import Pace
from harness.procedure.continuity.paced_channel import PacedChannel
from harness.procedure.continuity.trial import TRIES_MAX, Trial
from tests.keystone_double.node import ADMIN

S = 1_000_000_000


def _node(name: str) -> NodeApi:
    return NodeApi(name, PacedChannel("http://127.0.0.1:1", Pace()), ADMIN)


def _answered(second: float, status: int) -> Reply:
    return Reply(round(second * S), round(second * S), status, release="29.1.0")


def _look(*looks: tuple[float, int]) -> Cell:
    """Seconds after the change and the status then: what becomes of a change that 401 would show."""
    answers: Iterator[Reply] = (
        _answered(second, status) if status else Reply(round(second * S), round(second * S), 0, error="x")
        for second, status in looks
    )
    trial = _trial()
    change = Made(Place("node1", "27.1.0"), Reply(-1, 0, 204, release="27.1.0"))
    return trial.comes_true(
        Check.OLD_PASSWORD_REFUSED,
        _answered(-0.2, 201),
        change,
        lambda: next(answers),
        lambda answer: answer.status == 401,
    )


@pytest.mark.parametrize(
    ("looks", "outcome", "took_s", "detail"),
    [
        ([(0.1, 401)], "ok", 0.1, None),
        ([(0.1, 201), (0.4, 201), (0.7, 401)], "ok", 0.7, None),
        ([(0.1, 201), (4.9, 201), (5.3, 201)], "broken", 5.3, "answered 201 5.3 s after the change"),
        ([(0.1, 201), (5.3, 401)], "broken", 5.3, "honoured only 5.3 s after the change"),
        ([(0.1, 500), (5.3, 500)], "broken", 5.3, "answered 500 5.3 s after the change"),
        ([(0.1, 0), (0.4, 401)], "ok", 0.4, None),
        ([(0.1, 0), (5.3, 0)], "unknown", 5.3, "did not answer (x) 5.3 s after the change"),
        ([(6.0, 401)], "unknown", None, "the first answer came only 6.0 s after the change"),
        ([(0.1, 0), (5.3, 401)], "unknown", None, "the first answer came only 5.3 s after the change"),
        ([(0.1, 201), (0.4, 0), (5.3, 401)], "broken", 5.3, "honoured only 5.3 s after the change"),
        ([(6.0, 201)], "broken", 6.0, "answered 201 6.0 s after the change"),
    ],
)
def test_a_change_counts_as_honoured_within_its_bound_only(
    looks: Sequence[tuple[float, int]], outcome: str, took_s: float | None, detail: str | None
) -> None:
    cell = _look(*looks)
    assert (cell.outcome, cell.took_s, cell.detail) == (outcome, took_s, detail)


def test_the_looks_are_kept_with_the_first_of_them_and_the_last_that_was_stale() -> None:
    looks = _look((0.1, 0), (0.4, 201), (0.7, 201), (1.0, 401)).looks

    assert looks is not None
    assert (looks.prepared_ns, looks.changed_ns) == (round(-0.2 * S), 0)
    assert (looks.first_ns, looks.first) == (round(0.1 * S), "did not answer (x)")
    assert (looks.stale_ns, looks.ended_ns, looks.tries) == (round(0.7 * S), S, 1)


# --- what others drop meanwhile


def _seen(check: Check, prepared: float, ended: float, stale: float | None = None) -> Cell:
    looks = Looks(
        round(prepared * S), round(ended * S), round(ended * S), "answered 404",
        None if stale is None else round(stale * S), round(ended * S),
    )  # fmt: skip
    place = Place("node2", "29.1.0")
    return Cell(
        round(ended * S), "roll", "s", check, place, place, None, CellOutcome.OK, 0.1, None, "r", looks=looks
    )


def _dropped_at(*seconds: float) -> tuple[Drop, ...]:
    at = (round(second * S) for second in seconds)
    return tuple(Drop("user_delete", "l", each, each + 1000, frozenset(Region)) for each in at)


def _next_of(tries: Iterator[Sequence[Cell] | NotMadeError]) -> Sequence[Cell]:
    cells = next(tries)
    if isinstance(cells, NotMadeError):
        raise cells
    return cells


def _trial(dropped: Sequence[Drop] = (), until_s: float = inf) -> Trial:
    fixture = Fixture("project", {"a": "1", "b": "2"})
    return Trial(
        _node("node1"),
        _node("node2"),
        fixture,
        "roll",
        "s",
        5.0,
        lambda: "n",
        lambda _: None,
        dropped=lambda: dropped,
        until_s=until_s,
    )


def _undisturbed(*tries: Sequence[Cell], dropped: Sequence[Drop], until_s: float = inf) -> list[Cell]:
    left = iter(tries)
    return list(_trial(dropped, until_s).undisturbed(lambda: next(left)))


TOKEN, ROLE = Check.REVOKED_TOKEN_REFUSED, Check.ROLE_REVOKED


def test_a_check_that_a_drop_came_between_is_made_again_until_none_does() -> None:
    cells = _undisturbed(
        [_seen(TOKEN, 1.0, 1.2)],
        [_seen(TOKEN, 2.0, 2.2)],
        [_seen(TOKEN, 3.0, 3.2)],
        dropped=_dropped_at(1.1, 2.0),
    )

    assert [(cell.mono_ns, cell.looks and cell.looks.tries) for cell in cells] == [(round(3.2 * S), 3)]


def test_a_check_that_was_left_alone_keeps_what_it_found_while_its_neighbour_is_made_again() -> None:
    cells = _undisturbed(
        [_seen(TOKEN, 1.0, 1.2), _seen(ROLE, 1.5, 1.7)],
        [_seen(TOKEN, 2.0, 2.2), _seen(ROLE, 2.5, 2.7)],
        dropped=_dropped_at(1.6),
    )

    assert {(cell.check, cell.mono_ns) for cell in cells} == {(TOKEN, round(1.2 * S)), (ROLE, round(2.7 * S))}


def test_a_stale_answer_is_found_once_and_not_looked_for_again() -> None:
    (cell,) = _undisturbed([_seen(TOKEN, 1.0, 2.0, stale=1.5)], dropped=_dropped_at(1.1, 1.6))

    assert cell.looks is not None
    assert cell.looks.tries == 1


def test_a_check_that_is_never_left_alone_comes_as_it_was_the_last_time() -> None:
    cells = [[_seen(TOKEN, float(number), number + 0.2)] for number in range(1, TRIES_MAX + 5)]

    (cell,) = _undisturbed(*cells, dropped=_dropped_at(*(number + 0.1 for number in range(1, 100))))

    assert cell.looks is not None
    assert cell.looks.tries == TRIES_MAX


def test_nothing_is_made_again_once_the_time_of_the_step_is_over() -> None:
    (cell,) = _undisturbed([_seen(TOKEN, 1.0, 1.2)], dropped=_dropped_at(1.1), until_s=0.0)

    assert cell.looks is not None
    assert cell.looks.tries == 1


def test_what_was_found_stays_where_the_next_try_cannot_be_made() -> None:
    refused = NotMadeError("create a user", "node1", _answered(2.0, 503))
    tries = iter(([_seen(TOKEN, 1.0, 1.2), _seen(ROLE, 1.5, 1.7)], refused))
    trial = _trial(_dropped_at(1.6))
    found = trial.undisturbed(lambda: _next_of(tries))

    assert next(found).check == TOKEN
    with pytest.raises(NotMadeError):
        next(found)
