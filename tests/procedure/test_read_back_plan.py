"""What a read-back asks for, decided from the ledger alone."""

from __future__ import annotations

from dataclasses import replace

from harness.evidence.ledger import Kind, Write
from harness.evidence.names import Outcome
from harness.procedure.read_back_plan import Entity, changing, entities, evenly, logins


def write(
    op: str, name: str, at: int = 0, outcome: str = "ok", completed: int | None = -1, **asked: int
) -> Write:
    end = at + 1 if completed == -1 else completed
    entity_id = None if outcome == "unknown" and op.endswith("create") else f"id-{name}"
    return Write("lane", op, name, entity_id, asked, f"req-{at}", at, end, Outcome(outcome), None, None, None)


def names(found: tuple[Entity, ...]) -> list[str]:
    return [each.name for each in found]


def test_writes_to_one_name_make_one_entity_with_the_id_that_any_answer_told() -> None:
    writes = [
        write("user_create", "a", 1),
        write("user_create", "b", 2, "unknown"),
        write("user_update", "a", 3),
    ]
    a, b = entities(writes)
    assert (a.kind, a.name, a.entity_id, len(a.writes)) == (Kind.USER, "a", "id-a", 2)
    assert (b.entity_id, b.is_settled) == (None, False)


def test_a_grant_ends_with_its_user_or_project() -> None:
    grant = Write(
        "lane", "role_grant", "a/p/member", "id-a/id-p/r", {}, "req-2", 2, 3, Outcome.OK, None, None, None
    )
    gone, other = write("user_delete", "a", 4), write("user_delete", "b", 5)
    found = {each.kind: each for each in entities([grant, gone, other])}
    assert found[Kind.GRANT].writes == (grant, gone)


def test_what_is_written_while_it_is_read_is_changing() -> None:
    after = [
        write("user_create", "before", 1, completed=5),
        write("user_create", "across", 8, completed=12),
        write("user_create", "during", 11),
        write("user_create", "under_way", 9, "unknown", completed=None),
        write("user_create", "given_up", 2, "unknown", completed=None),
        write("user_create", "cut", 3, "unknown", completed=6),
    ]
    found = changing(before_ns=10, open_since_ns=4, after=after)
    assert {name for _, name in found} == {"across", "during", "under_way"}


def test_a_grant_changes_with_its_user() -> None:
    grant = Write(
        "lane", "role_grant", "a/p/member", "id-a/id-p/r", {}, "req-2", 2, 3, Outcome.OK, None, None, None
    )
    found = changing(10, 4, [grant, write("user_delete", "a", 11)])
    assert found == {(Kind.GRANT, "a/p/member"), (Kind.USER, "a")}


def test_a_sample_is_spread_over_the_run() -> None:
    found = entities([write("user_create", f"u{n}", n) for n in range(10)])
    assert names(evenly(found, 3)) == ["u0", "u3", "u6"]
    assert evenly(found, 20) == found
    assert evenly(found, 0) == ()


def test_passwords_in_doubt_are_tried_first() -> None:
    writes = [write("user_create", f"u{n}", n, password=1) for n in range(6)]
    writes += [write("password_change", "u4", 10, "unknown", password=2), write("user_create", "none", 11)]
    chosen = logins(entities(writes), 3)
    assert names(chosen) == ["u4", "u0", "u2"]
    assert chosen[0].password_versions == (2, 1)


def test_a_password_that_was_certainly_refused_is_not_tried() -> None:
    writes = [
        write("user_create", "a", 1, password=1),
        write("password_change", "a", 2, "failed", password=2),
    ]
    assert logins(entities(writes), 5)[0].password_versions == (1,)


def test_a_password_that_an_answer_refused_is_tried_for_it_may_have_been_sent_twice() -> None:
    change = write("password_change", "a", 2, "failed", password=2)
    writes = [write("user_create", "a", 1, password=1), replace(change, error="http_4xx")]
    (user,) = logins(entities(writes), 5)
    assert user.password_versions == (2, 1)
    assert not user.is_settled
