"""Checks of continuity as a story tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.evidence.continuity import PAIR_CHECKS
from tests.judge.story import NEW, NODES, OLD, Story, healthy, judged, ns, sentences

PHASES = {"preflight": 14.0, "trust": 17.0, "expand": 21.0, "roll": 31.0, "contract": 45.0, "restore": 47.0}
UP, DOWN, AFTER = ("node1", NEW), ("node2", OLD), ("node2", NEW)


def cell(
    second: float, check: str, made: tuple[str, str | None], checked: tuple[str, str | None], **more: Any
) -> dict[str, Any]:
    return {
        "mono_ns": ns(second),
        "phase": "roll",
        "step": "check_continuity",
        "check": check,
        "made_at": {"node": made[0], "release": made[1]},
        "checked_at": {"node": checked[0], "release": checked[1]},
        "cached": None,
        "outcome": "ok",
        "took_s": 0.25 if check.endswith("refused") else None,
        "detail": None,
        "request_id": "req-1",
        **more,
    }


def pair(second: float, made: tuple[str, str], checked: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    """Every check between two nodes."""
    cells = [cell(second, check, made, checked, **more) for check in PAIR_CHECKS]
    cells[0]["cached"] = True
    return [*cells, cell(second, "token_validates", made, checked, cached=False, **more)]


def cohort(phase: str, second: float, **more: Any) -> list[dict[str, Any]]:
    of = {"phase": phase, "step": "check_cohort", "detail": "ordinary", **more}
    tokens = [cell(second, "cohort_token", ("node1", OLD), (node, OLD), **of) for node in NODES]
    return [*tokens, cell(second, "cohort_login", ("node1", OLD), ("node2", OLD), **of)]


def checked_story() -> Story:
    """A healthy upgrade with every check made; node1 is rolled first and compared with node2 at second 32."""
    story = healthy()
    story.scenario["continuity"] = {"enabled": True, "refuse_within_s": 5.0}
    story.cells = [*pair(31.5, UP, DOWN), *pair(31.6, DOWN, UP)]
    for phase, second in (*PHASES.items(), ("cooldown", 52.0)):
        story.cells += cohort(phase, second)
    story.cells += pair(53.0, UP, AFTER, phase="cooldown")
    return story


def find(story: Story, check: str, checked: tuple[str, str] = UP) -> dict[str, Any]:
    """The cell of a check that was made at node2 and looked for at node1, to be changed in place."""
    assert story.cells is not None
    place = {"node": checked[0], "release": checked[1]}
    return next(c for c in story.cells if c["check"] == check and c["checked_at"] == place)


def told(story: Story, path: Path) -> list[str]:
    return sentences(judged(story, path), "continuity")
