"""Each step that a plan may have is carried out by something."""

from __future__ import annotations

from harness.evidence.names import Step
from harness.procedure.actions import ACTIONS

OF_THE_RUN = {
    Step.CLEAR_LEFTOVERS, Step.DEPLOYMENT_UP, Step.SEED, Step.SEED_OLD_DATA, Step.LOAD_UP, Step.LOAD_DOWN,
    Step.DEPLOYMENT_DOWN,
}  # fmt: skip
"""Steps of setup and teardown, which `harness.run` takes itself."""


def test_every_step_has_an_action_but_those_of_setup_and_teardown_and_the_faults() -> None:
    assert set(ACTIONS) == set(Step) - OF_THE_RUN - {Step.INJECT}
