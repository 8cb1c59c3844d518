"""Decides which nodes are compared, and how thoroughly, so that each old-new pair comes up once in a roll."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Made at one node, looked for at another."""

    made: str
    checked: str
    full: bool
    """Every check; otherwise the few that tell most."""


def mixed_pairs(nodes: Sequence[str], rolled: str) -> tuple[Pair, ...]:
    """After the roll of `rolled`, while the nodes behind it in `nodes` are still to be rolled.

    The rolled node against each old one, in both directions; against the next one with every check. Over a
    whole roll each pair of nodes is so compared in both directions exactly while they differ.
    """
    old = nodes[nodes.index(rolled) + 1 :]
    return tuple(
        pair
        for number, other in enumerate(old)
        for pair in (Pair(other, rolled, number == 0), Pair(rolled, other, number == 0))
    )


def settled_pairs(nodes: Sequence[str]) -> tuple[Pair, ...]:
    """Once all serve the same release: round in a ring, the first pair with every check.

    A lone node is compared with itself.
    """
    return tuple(
        Pair(node, nodes[(number + 1) % len(nodes)], number == 0) for number, node in enumerate(nodes)
    )
