"""Names that every story of a report shares."""

from __future__ import annotations

OLD, NEW = "27.1.0", "29.1.0"
NODES = ("node1", "node2", "node3")
T0 = 7_000_000_000_000
"""Start of every story, CLOCK_MONOTONIC nanoseconds."""
LANES = tuple(
    f"{op}/{connection}"
    for op in ("token_issue", "token_validate", "user_create", "project_list")
    for connection in ("new", "reused")
)
LOAD_LANE = "load/token_issue/reused"
OLD_HEADS = {"alembic_version": ["47147121", "c88cdce8f248"]}
NEW_HEADS = {"alembic_version": ["742c857f1dfb", "c88cdce8f248"]}

PHASES = (
    ("setup", 0.0, 22.0),
    ("baseline", 22.0, 42.0),
    ("preflight", 42.0, 58.5),
    ("flush", 58.5, 60.5),
    ("trust", 60.5, 62.5),
    ("expand", 62.5, 72.9),
    ("migrate", 72.9, 78.6),
    ("roll", 78.6, 113.0),
    ("contract", 113.0, 123.4),
    ("restore", 123.4, 125.4),
    ("cooldown", 125.4, 135.4),
    ("teardown", 135.4, 138.0),
)


def at(second: float) -> int:
    """Nanoseconds of an instant of the story."""
    return T0 + round(second * 1e9)
