"""The bounds that a verdict is held against: the scenario's, or stricter ones given when judging again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.scenario import ImpactSettings, JudgeSettings, parse_scenario
from harness.scenario.reading import named, parse_override

_SECTION = "judge."


def judge_settings(scenario: dict[str, Any], overrides: Iterable[str], source: Path) -> JudgeSettings:
    """Settings of the judge: those in the manifest's scenario, then `judge.<key>=<value>` overrides.

    Keys of the stored scenario that this harness does not know are ignored: a newer harness wrote them.

    Raises:
        UsageError: a stored value is impossible, or an override is none of the judge's settings.
    """
    section = scenario.get("judge") or {}
    stored = {key: value for key, value in section.items() if key in JudgeSettings.model_fields}
    settings = _checked(stored, f"{source}: scenario")
    for override in overrides:
        stored = {**stored, **_parsed(override)}
        settings = _checked(stored, named(override))
    return settings


def impact_settings(section: dict[str, Any] | None, source: Path) -> ImpactSettings | None:
    """Bounds of the comparison with the baseline, from the manifest's scenario; None where the run was made
    before it could be asked for.

    Raises:
        UsageError: a stored value is impossible.
    """
    if section is None:
        return None
    known = {key: value for key, value in section.items() if key in ImpactSettings.model_fields}
    return parse_scenario({"name": "judged", "impact": known}, f"{source}: scenario").impact


def differences(made_with: JudgeSettings, judged_with: JudgeSettings) -> tuple[str, ...]:
    """Each bound that is another than the run was made with, e.g. `judge.unsent_max=3 instead of 0`."""
    made, judged = made_with.model_dump(mode="json"), judged_with.model_dump(mode="json")
    return tuple(
        f"{_SECTION}{key}={_word(judged[key])} instead of {_word(made[key])}"
        for key in sorted(judged)
        if judged[key] != made[key]
    )


def _word(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _checked(section: dict[str, Any], source: str) -> JudgeSettings:
    return parse_scenario({"name": "judged", "judge": section}, source).judge


def _parsed(override: str) -> dict[str, Any]:
    key, separator, _ = (part.strip() for part in override.partition("="))
    if not separator or not key.startswith(_SECTION) or "." in key.removeprefix(_SECTION):
        raise UsageError(
            f"{named(override)}: a stored run can only be judged under other bounds; "
            "give judge.<setting>=<value>, e.g. --set judge.stall_budget_s=2."
        )
    (_, name), value = parse_override(override)
    return {name: value}
