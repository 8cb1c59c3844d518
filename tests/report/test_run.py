from __future__ import annotations

from dataclasses import replace

import pytest

from harness.evidence.manifest import Manifest
from harness.judge.model import Judgement
from harness.report.views.run import facts
from tests.report import stories

_DRAINED = "Skip-level upgrade; each node is drained out of the balancer before it is touched."


def _run_by(*arguments: str) -> Judgement:
    """An undrained run whose scenario has what `scenarios/drained.toml` says of itself."""
    story = stories.undrained()
    document = story.manifest.model_dump(by_alias=True)
    document["scenario"] |= {"description": _DRAINED}
    document["command"] = ("harness", "run", "scenarios/drained.toml", *arguments)
    return replace(story, manifest=Manifest.model_validate(document))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--set", "roll.drained=false", "--set", "name=undrained"),
        ("--set=roll.drained=false", "--set=name=undrained"),
    ],
)
def test_an_undrained_run_of_a_drained_scenario_does_not_say_that_nodes_were_drained(
    arguments: tuple[str, ...],
) -> None:
    told = dict(facts(_run_by(*arguments)))

    assert told["Scenario"] == "undrained, with roll.drained=false, name=undrained over its file"
    assert not any(_DRAINED in value for value in told.values())


def test_another_pair_of_releases_than_its_file_names_is_told_of_a_scenario() -> None:
    told = dict(facts(_run_by("--from", "2023.1", "--to=2024.1")))

    assert told["Scenario"] == "undrained, with from=2023.1, to=2024.1 over its file"


def test_a_scenario_speaks_for_itself_where_nothing_but_its_name_was_changed() -> None:
    assert dict(facts(_run_by("--set", "name=mine", "--out", "here")))["Scenario"] == f"undrained: {_DRAINED}"
    assert dict(facts(_run_by()))["Scenario"] == f"undrained: {_DRAINED}"
