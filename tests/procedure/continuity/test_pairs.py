from __future__ import annotations

from itertools import permutations

import pytest

from harness.procedure.continuity.pairs import Pair, mixed_pairs, settled_pairs


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_over_a_roll_each_two_nodes_are_compared_both_ways_exactly_while_they_differ(count: int) -> None:
    nodes = [f"node{number}" for number in range(count)]
    pairs = [(pair.made, pair.checked) for rolled in nodes for pair in mixed_pairs(nodes, rolled)]
    assert sorted(pairs) == sorted(permutations(nodes, 2))


def test_every_check_is_made_between_the_node_just_rolled_and_the_next_one() -> None:
    assert mixed_pairs(("a", "b", "c"), "a") == (
        Pair("b", "a", full=True),
        Pair("a", "b", full=True),
        Pair("c", "a", full=False),
        Pair("a", "c", full=False),
    )
    assert mixed_pairs(("a", "b", "c"), "c") == ()


def test_at_the_end_the_nodes_are_compared_round_in_a_ring() -> None:
    assert settled_pairs(("a", "b", "c")) == (
        Pair("a", "b", full=True),
        Pair("b", "c", full=False),
        Pair("c", "a", full=False),
    )
    assert settled_pairs(("a",)) == (Pair("a", "a", full=True),)
