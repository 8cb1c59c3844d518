"""When a change was honoured, told from the times of the looks alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from harness.evidence.continuity import Cell, Check, Place
from harness.keystone.reply import Reply
from harness.procedure.continuity.node_api import Fixture, Made, NodeApi
from harness.procedure.continuity.pace import Pace
from harness.procedure.continuity.paced_channel import PacedChannel
from harness.procedure.continuity.trial import Trial
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
    fixture = Fixture("project", {"a": "1", "b": "2"})
    trial = Trial(_node("node1"), _node("node2"), fixture, "roll", "s", 5.0, lambda: "n", lambda _: None)
    change = Made(Place("node1", "27.1.0"), Reply(-1, 0, 204, release="27.1.0"))
    return trial.comes_true(
        Check.OLD_PASSWORD_REFUSED, change, lambda: next(answers), lambda answer: answer.status == 401
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
