"""No number that a person writes is without a bound: what is stored is a number of JSON, and is judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.run.judgeable import need_judgeable
from harness.scenario import Scenario, parse_scenario

LOWER, UPPER = {"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}


def _numbers(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if schema.get("type") in ("integer", "number"):
            yield place, schema
        for key, below in schema.items():
            yield from _numbers(below, f"{place}.{key}")
    elif isinstance(schema, list):
        for number, below in enumerate(schema):
            yield from _numbers(below, f"{place}.{number}")


@pytest.mark.parametrize(("place", "schema"), list(_numbers(Scenario.model_json_schema(), "scenario")))
def test_a_number_has_a_least_and_a_greatest_value(place: str, schema: dict[str, Any]) -> None:
    assert schema.keys() & LOWER, place
    assert schema.keys() & UPPER, place


@pytest.mark.parametrize(
    ("table", "key"),
    [("judge", "unsent_max"), ("judge", "probes_per_phase_min"), ("impact", "samples_min")],
)
def test_a_number_that_json_can_not_hold_is_refused(table: str, key: str) -> None:
    with pytest.raises(UsageError, match="is not possible; expected at most 1000000000"):
        parse_scenario({"name": "mine", table: {key: 2**64}}, "mine.toml")


def test_a_kind_of_connection_that_stands_twice_would_be_one_lane_twice() -> None:
    probe = {"op": "token_issue", "rate_hz": 1, "connections": ["new", "new"]}
    with pytest.raises(UsageError) as caught:
        parse_scenario({"name": "mine", "probes": [probe]}, "mine.toml")
    assert str(caught.value) == (
        "mine.toml: probes.0.connections: one of them stands twice, and would be one lane twice; give each "
        "once."
    )


sections = st.fixed_dictionaries(
    {},
    optional={
        "description": st.text(max_size=50),
        "seed": st.integers(0, 2**63 - 1),
        "roll": st.fixed_dictionaries(
            {}, optional={"settle_s": st.floats(0, 86_400), "drained": st.booleans()}
        ),
        "impact": st.fixed_dictionaries(
            {},
            optional={
                "significance": st.floats(0, 0.5, exclude_min=True, exclude_max=True),
                "floor_ms": st.floats(0, 86_400_000),
                "floor_ratio": st.floats(1, 1_000_000),
            },
        ),
        "judge": st.fixed_dictionaries(
            {},
            optional={
                "lag_p99_ms_max": st.floats(0, 86_400_000, exclude_min=True),
                "unsent_max": st.integers(0, 1_000_000_000),
                "stall_budget_s": st.floats(0, 3_600, exclude_min=True),
            },
        ),
    },
)


@given(document=sections)
def test_whatever_is_accepted_is_the_same_once_it_is_stored(document: dict[str, Any]) -> None:
    need_judgeable(parse_scenario({"name": "mine", **document}, "mine.toml"), Path("mine.toml"))
