"""The steps of continuity in a whole procedure: asked for at the right moments, and stopping nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.evidence.names import Phase
from tests.procedure.doubles import deployment
from tests.procedure.test_driver import Story


class Recorded:
    """Checks that find everything broken and remember when they were asked for."""

    def __init__(self, releases: dict[str, Any]) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._releases = releases

    def _now(self) -> str:
        return "/".join(node.release.version[:2] for node in self._releases["lab"].nodes)

    def make_cohort(self) -> dict[str, object]:
        self.asked.append(("make_cohort", self._now()))
        return {"made": 4, "objections": []}

    def check_cohort(self, phase: Phase) -> dict[str, int]:
        self.asked.append(("check_cohort", phase, self._now()))
        return {"ok": 0, "broken": 12, "unknown": 0}

    def check_old_data(self, phase: Phase) -> dict[str, int]:
        self.asked.append(("check_old_data", phase, self._now()))
        return {"ok": 0, "broken": 34, "unknown": 0}

    def check_mixed(self, phase: Phase, rolled: str) -> dict[str, int]:
        self.asked.append(("check_mixed", phase, rolled, self._now()))
        return {"ok": 0, "broken": 42, "unknown": 0}

    def check_settled(self, phase: Phase) -> dict[str, int]:
        self.asked.append(("check_settled", phase, self._now()))
        return {"ok": 0, "broken": 21, "unknown": 0}


def _story(folder: Path) -> tuple[Story, Recorded]:
    lab = deployment()
    story = Story(folder, lab, continuity={"enabled": True})
    checks = Recorded({"lab": lab})
    story.context.continuity = checks  # type: ignore[assignment]
    return story, checks


def test_both_releases_serve_whenever_they_are_compared(tmp_path: Path) -> None:
    story, checks = _story(tmp_path)
    story.run()
    assert checks.asked == [
        ("make_cohort", "27/27/27"),
        ("check_cohort", "preflight", "27/27/27"),
        ("check_cohort", "trust", "27/27/27"),
        ("check_cohort", "expand", "27/27/27"),
        ("check_old_data", "expand", "27/27/27"),
        ("check_mixed", "roll", "node1", "29/27/27"),
        ("check_cohort", "roll", "29/27/27"),
        ("check_old_data", "roll", "29/27/27"),
        ("check_mixed", "roll", "node2", "29/29/27"),
        ("check_cohort", "contract", "29/29/29"),
        ("check_cohort", "restore", "29/29/29"),
        ("check_cohort", "cooldown", "29/29/29"),
        ("check_old_data", "cooldown", "29/29/29"),
        ("check_settled", "cooldown", "29/29/29"),
    ]


def test_what_is_broken_is_journalled_and_stops_nothing(tmp_path: Path) -> None:
    story, _ = _story(tmp_path)
    story.run()
    detail = story.event("roll", "check_continuity").detail
    assert detail["cells"] == {"ok": 0, "broken": 42, "unknown": 0}
    assert story.event("expand", "check_old_data").detail["cells"]["broken"] == 34
    assert story.event("baseline", "make_cohort").detail["made"] == 4


def test_a_plan_with_checks_that_nobody_can_make_is_a_fault_of_the_harness(tmp_path: Path) -> None:
    story = Story(tmp_path, deployment(), continuity={"enabled": True})
    with pytest.raises(HarnessError) as caught:
        story.run()
    assert str(caught.value) == ("the plan asks for checks of continuity, and nobody was given to make them")
