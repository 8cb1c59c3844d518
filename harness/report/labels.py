"""Where labels along a time axis stand so that none runs into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A text that wants to stand round a point of the axis; all lengths in the same unit."""

    centre: float
    width: float


def stagger(labels: Sequence[Label], gap: float, left: float, right: float) -> list[tuple[float, int]]:
    """Place labels, from left to right, each on the lowest level where it runs into none.

    A label that would stick out at `left` or `right` is moved inside.

    Returns:
        The centre and the level (0, 1, ...) of each label, in the order given.
    """
    ends: list[float] = []
    places: dict[int, tuple[float, int]] = {}
    for number in sorted(range(len(labels)), key=lambda number: labels[number].centre):
        label = labels[number]
        half = label.width / 2
        centre = max(left + half, min(right - half, label.centre))
        level = next(
            (level for level, end in enumerate(ends) if centre - half >= end + gap),
            len(ends),
        )
        if level == len(ends):
            ends.append(0.0)
        ends[level] = centre + half
        places[number] = (centre, level)
    return [places[number] for number in range(len(labels))]
