"""The section `[gate]`: which failures a run may have and still be let through, said beforehand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from harness.errors import UsageError
from harness.evidence.names import Phase, Step
from harness.refusal import problem
from harness.scenario.pattern import Pattern
from harness.scenario.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

_Seconds = Annotated[float, Field(ge=0, le=86_400)]
_Text = Annotated[str, Field(min_length=1, max_length=500)]

ENTRIES_MAX = 500
"""Budgets, or accepted findings: more are not decided one by one, and each is held against each finding."""
AVAILABILITY = "availability"
FAILURES = ("failed_max", "outage_s_max")
"""Measures of a budget that let failed requests through."""
_NARROWING = ("phase", "step", "node", "lane", "error", "pattern")


class Budget(Section):
    """How much of a question may fail, in a phase, in a lane, or anywhere; sums over the whole run.

    What no budget covers may not fail at all; what several cover must keep all of them.
    """

    question: Literal["availability", "integrity", "continuity"] = "availability"
    phase: Phase | None = None
    lane: _Text | None = None
    """A lane, or several by `*`: `token_issue/*`."""
    failed_max: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    """Requests that may fail; of `integrity` entities, of `continuity` checks."""
    outage_s_max: _Seconds | None = None
    """Seconds of all outages together."""
    stall_s_max: _Seconds | None = None
    """Longest time without a success although requests were due. It may be stricter than
    `judge.stall_budget_s`, too."""

    @model_validator(mode="after")
    def _check(self) -> Budget:
        if not self.limits:
            raise ValueError(f"it limits nothing; add {', '.join(LIMITS[:-1])} or {LIMITS[-1]}")
        for key in self.limits:
            if self.question != AVAILABILITY and key != "failed_max":
                raise ValueError(f"{key} is measured for availability alone; {self.question} has failed_max")
        if self.question == "continuity" and self.lane is not None:
            raise ValueError("checks of continuity have no lane; leave lane out")
        return self

    @property
    def limits(self) -> Mapping[str, float]:
        """The limits that are set, by name."""
        return {name: value for name in LIMITS if (value := getattr(self, name)) is not None}


LIMITS = tuple(name for name in Budget.model_fields if name.endswith("_max"))
"""Measures that a budget can limit; `harness.judge.gate.budget.USES` says how each is measured."""


class Acceptance(Section):
    """One finding that is known and accepted for a while; it must name more than its question."""

    question: Literal[
        "procedure", "coverage", "availability", "integrity", "continuity", "impact", "regression"
    ]
    reason: _Text
    """Why it is accepted, for everybody who reads the report."""
    link: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=500)]
    """Where it is worked on."""
    until: date
    """Last day, UTC, whose runs it covers; runs that start later count the finding again."""
    phase: Phase | None = None
    step: Step | None = None
    node: _Text | None = None
    lane: _Text | None = None
    """A lane, or several by `*`; each lane that the finding is about must be one of them."""
    error: _Text | None = None
    """The error class, where the finding has no other."""
    pattern: Annotated[Pattern, Field(min_length=1, max_length=500)] | None = None
    """What the finding's sentence must contain; `*` stands for anything."""
    requests_max: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """A finding that hit more is another one."""
    inconclusive: bool = False
    """Accept evidence that is missing, not a failure; wants a `pattern` that says which."""

    @model_validator(mode="after")
    def _check(self) -> Acceptance:
        if not self.narrows:
            raise ValueError(
                f"it would accept whatever {self.question} finds; add one of {', '.join(_NARROWING)}"
            )
        if self.question == "coverage" and not self.inconclusive:
            raise ValueError(
                "coverage finds evidence that is missing, never a failure; add inconclusive = true if this "
                "run is to be let through without it"
            )
        if self.inconclusive and self.pattern is None:
            raise ValueError("inconclusive = true needs a pattern that says which evidence may be missing")
        return self

    @property
    def narrows(self) -> Mapping[str, str]:
        """What it names beside its question, by key."""
        return {name: str(value) for name in _NARROWING if (value := getattr(self, name)) is not None}


class GateSettings(Section):
    """What a run may have and still be let through; by default nothing."""

    budgets: Annotated[tuple[Budget, ...], Field(max_length=ENTRIES_MAX)] = ()
    accepted: Annotated[tuple[Acceptance, ...], Field(max_length=ENTRIES_MAX)] = ()
    worse_fails: bool = False
    """FAIL a run that is worse than the earlier ones of `--baseline`; else that is advisory."""


def stored_gate(scenario: Mapping[str, Any], source: Path) -> GateSettings:
    """The gate that a run was made with.

    A key that this harness does not know is refused and not ignored: it may narrow what is accepted.

    Raises:
        UsageError: the stored section is none that this harness knows.
    """
    try:
        return GateSettings.model_validate(scenario.get("gate") or {})
    except ValidationError as error:
        raise UsageError(
            f"{source}: scenario.gate is none that this harness knows ({problem(error)}); judge it with the "
            "harness that made it, or under another gate with --gate FILE."
        ) from error
