"""Choosing a back-end by the name in a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from harness.deployment import backends
from harness.deployment.abilities import Abilities
from harness.deployment.local.backend import LocalBackend
from harness.errors import UsageError
from harness.evidence.names import Ability
from harness.scenario import Scenario, parse_scenario


def _named(name: str) -> Scenario:
    return parse_scenario({"name": "story", "deployment": {"backend": name}}, "story.toml")


def test_a_scenario_gets_the_back_end_that_it_names(tmp_path: Path) -> None:
    assert isinstance(backends.choose(_named("local"), tmp_path), LocalBackend)
    assert isinstance(backends.choose_keeper(_named("local"), tmp_path), LocalBackend)


def test_a_back_end_that_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        backends.choose(_named("moon"), tmp_path)
    assert str(caught.value) == "deployment.backend: moon: there is no such back-end; known: local."


def test_one_that_keeps_nothing_is_refused_where_something_is_to_be_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        backends.choose_keeper(_named("moon"), tmp_path)
    assert str(caught.value) == (
        "deployment.backend: moon leaves no deployment running; those that do: local."
    )


def test_a_back_end_is_added_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast(dict[str, object], backends.BACKENDS), "moon", lambda scenario, home: "moonlit")
    assert cast(object, backends.choose(_named("moon"), tmp_path)) == "moonlit"


def test_a_deployment_without_any_ability_names_none() -> None:
    assert Abilities().names == frozenset()
    assert Abilities(reference_url="http://127.0.0.1:1").names == {Ability.REFERENCE}
