"""Looks at old data as a story tells them."""

from __future__ import annotations

from typing import Any

from harness.evidence.continuity import is_due
from tests.judge.cells import PHASES, cell
from tests.judge.story import NEW, NODES, OLD, Story

KINDS = {"old_bcrypt": 1, "old_ec2": 1, "old_project_list": 1, "old_projects": 1010}
WHEN = {"setup": 0.7, **PHASES, "cooldown": 52.5}


def serves(node: str, second: float) -> str:
    """The release of a node then: node1 is new from second 28 on, node2 from 38 on."""
    return NEW if second > {"node1": 28.0, "node2": 38.0}[node] else OLD


def look(check: str, node: str, phase: str, second: float, **more: Any) -> dict[str, Any]:
    where = (node, serves(node, second))
    return cell(second, check, ("node1", OLD), where, phase=phase, step="check_old_data", **more)


def add_old_data(story: Story, kinds: dict[str, int], **told_of_it: Any) -> None:
    """Every kind was made, and seen at both nodes whenever it was due."""
    detail = {"objects": kinds, "left_out": {}, "objections": {}, **told_of_it}
    story.step("setup", "seed_old_data", 0.2, 0.6, **detail)
    looks = [
        look(check, node, phase, second)
        for phase, second in WHEN.items()
        for check in kinds
        if is_due(check, phase)
        for node in NODES
    ]
    story.cells = [*(story.cells or []), *looks]
