"""Request ids as numbers: the same id the same number, and no id none."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from harness.evidence.request_key import NO_KEY, keys_of

UUIDS = st.uuids(version=4).map(lambda each: f"req-{each}")


@given(st.lists(st.one_of(UUIDS, st.text(max_size=45), st.none()), max_size=30))
def test_equal_ids_have_equal_keys_and_others_do_not(ids: list[str | None]) -> None:
    keys = keys_of(ids).tolist()

    assert [key == NO_KEY for key in keys] == [not each for each in ids]
    assert len(set(keys)) == len({each or None for each in ids})


def test_ids_that_differ_in_one_digit_behind_the_second_dash_have_other_keys() -> None:
    first = "req-74132c2d-02ec-4677-b176-58e540c1f335"

    assert len(set(keys_of([first, first[:-1] + "4", first.replace("b176", "b175")]).tolist())) == 3


def test_what_only_looks_like_such_an_id_is_not_taken_for_one() -> None:
    first = "req-74132c2d-02ec-4677-b176-58e540c1f335"
    odd = [first.replace("-", "x"), first.upper(), first.replace("req-", "req_")]

    assert not set(keys_of(odd).tolist()) & set(keys_of([first]).tolist())


def test_a_thousand_ids_have_a_thousand_keys() -> None:
    ids = [f"req-{uuid.UUID(int=n * 2**70 + n, version=4)}" for n in range(1000)]

    assert len(set(keys_of(ids).tolist())) == 1000
