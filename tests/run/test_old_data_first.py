"""Old data is there before there is any load, and a run goes on whatever became of it."""

from __future__ import annotations

import pytest

from harness.evidence.names import Edge
from harness.evidence.outcomes import OldDataMade
from tests.run.ended import run
from tests.run.tiny import World


def test_old_data_is_made_and_looked_at_after_the_deployment_is_up_and_before_the_load(world: World) -> None:
    ended = run(world, continuity={"enabled": True, "old_projects": 7})

    setup = [e.step for e in ended.events if (e.phase, e.edge) == ("setup", Edge.END) and e.step]
    assert setup == [
        "clear_leftovers",
        "deployment_up",
        "seed_old_data",
        "check_old_data",
        "seed",
        "load_up",
    ]
    assert "old data at node1 with 7 projects, None" in world.done
    made = next(e.detail for e in ended.events if (e.step, e.edge) == ("seed_old_data", Edge.END))
    assert OldDataMade.of(made).left_out == {"old_ec2": "none here"}
    assert "Of old data ec2 credentials were not asked about: none here." in ended.judged.limits


@pytest.mark.parametrize("continuity", [{"enabled": False}, {"enabled": True, "old_data": False}])
def test_none_is_made_where_none_is_asked_for(world: World, continuity: dict[str, bool]) -> None:
    ended = run(world, continuity=continuity)

    assert not any(deed.startswith("old data") for deed in world.done)
    assert not any("old_data" in str(e.step) for e in ended.events)
