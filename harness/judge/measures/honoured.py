"""The checks of continuity as they are to be judged: what somebody else's write healed was not honoured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.evidence.cache_drops import WATCHED, Drop, between, drops, healed_by, hidden_by
from harness.evidence.continuity import Cell, CellOutcome, CellsRead
from harness.judge.evidence import Evidence

_SLOW_S = 1.0
"""A change that is honoured takes 0.5 s at most, which is the look's own time: checks look at once, and every
quarter of a second. One that took longer was looked for three times at least."""
_BETWEEN_LOOKS_S = 1.0
"""From one look to the next at the most: a quarter of a second, and the wait for a turn."""


def honoured(evidence: Evidence) -> CellsRead:
    """Every check, with what its looks and the writes of the load make of its outcome.

    A change that was stale at a look and was seen by the next, while a write that drops the cache was under
    way between them, is broken. One that no look saw stale, with such a write between the look before
    the change and the last one, is unknown.
    """
    dropped = drops(evidence.ledger.writes)
    cells = tuple(_judged(cell, dropped) for cell in evidence.continuity.cells)
    return replace(evidence.continuity, cells=cells)


def _judged(cell: Cell, dropped: Sequence[Drop]) -> Cell:
    if cell.outcome != CellOutcome.OK or cell.check not in WATCHED:
        return cell
    if cell.looks is None:
        return _of_an_earlier_program(cell, dropped)
    if drop := healed_by(cell, dropped):
        return replace(cell, outcome=CellOutcome.BROKEN, detail=_healed_words(cell, drop))
    if drop := hidden_by(cell, dropped):
        return replace(cell, outcome=CellOutcome.UNKNOWN, detail=_hidden_words(cell, drop))
    return cell


def _of_an_earlier_program(cell: Cell, dropped: Sequence[Drop]) -> Cell:
    """It kept no looks; that one which took long was stale before is likely, and not certain."""
    if cell.took_s is None or cell.took_s < _SLOW_S:
        return cell
    drop = between(dropped, cell.check, cell.mono_ns - round(_BETWEEN_LOOKS_S * 1e9), cell.mono_ns)
    if drop is None:
        return cell
    words = (
        f"it was honoured only {cell.took_s:.2f} s after the change, just when {_drop_words(cell, drop)}; "
        "whether that healed it is not known, as the run does not tell what the looks before saw"
    )
    return replace(cell, outcome=CellOutcome.UNKNOWN, detail=words)


def _healed_words(cell: Cell, drop: Drop) -> str:
    looks = cell.looks
    if looks is None:
        return ""
    first_s = max(0, looks.first_ns - looks.changed_ns) / 1e9
    return (
        f"{cell.checked_at.node} {looks.first} {first_s:.2f} s after the change, and honoured it "
        f"{cell.took_s or 0:.2f} s after it, just when {_drop_words(cell, drop)}: that healed it"
    )


def _hidden_words(cell: Cell, drop: Drop) -> str:
    tries = cell.looks.tries if cell.looks else 1
    each = f"the last of {tries} times " if tries > 1 else ""
    return f"{each}{_drop_words(cell, drop)} between the looks, so that what was cached was not seen"


def _drop_words(cell: Cell, drop: Drop) -> str:
    return f"a {drop.op} of the load ({drop.lane}) dropped Keystone's cache of {WATCHED[cell.check]}"
