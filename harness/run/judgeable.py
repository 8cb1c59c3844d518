"""Whether a scenario can be judged once it is stored."""

from __future__ import annotations

from pathlib import Path

import orjson

from harness.errors import UsageError
from harness.evidence.stored_scenario import StoredScenario
from harness.judge.settings import judge_settings
from harness.refusal import escaped, shortened
from harness.scenario import Scenario
from harness.scenario.gate import stored_gate

_WHY_CHARS_MAX = 300


def need_judgeable(scenario: Scenario, source: Path) -> None:
    """Write the scenario as `run.json` has it, read it back, and hold it to what its judge asks for.

    A run of it would otherwise be found out when it is over, and could not be judged at all.

    Raises:
        UsageError: it is not what it was, or a reader of it refuses it.
    """
    try:
        stored = orjson.loads(orjson.dumps(scenario.resolved()))
        StoredScenario.model_validate(stored)
        stored_gate(stored, source)
        judge_settings(stored, (), source)
        changed = sorted(_changed(scenario, Scenario.model_validate(stored)))
    except (TypeError, ValueError) as error:  # JSON's own is a TypeError, pydantic's a ValueError
        why = escaped(shortened(str(error), _WHY_CHARS_MAX))
        raise UsageError(f"{escaped(str(source))}: can not be stored, so not be judged ({why}).") from error
    if changed:
        raise UsageError(
            f"{escaped(str(source))}: {changed[0]}: is another value once it is stored; write a simpler one."
        )


def _changed(before: Scenario, after: Scenario) -> set[str]:
    return {key for key in type(before).model_fields if getattr(before, key) != getattr(after, key)}
