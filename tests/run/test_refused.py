"""Keystone refuses what a run asks of it before the load is up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import ExitCode, RefusedError, StepError
from harness.load.spec import Accounts
from harness.run.conduct import conduct
from tests.run.ended import Ended, raising, run
from tests.run.tiny import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def procedure(ended: Ended) -> list[str]:
    return [
        f"{finding.verdict.value}: {finding.sentence.partition(' after ')[0]}"
        for question in ended.judged.questions
        if question.name == "procedure"
        for finding in question.findings
        if " failed after " in finding.sentence
    ]


def refuse(*_: object) -> Accounts:
    raise RefusedError("http://balancer: the users of the load could not be made: No such role.", 400)


def test_a_user_of_the_load_who_is_refused_fails_the_run_and_no_second_try_is_worth_it(world: World) -> None:
    ended = Ended(world, conduct(world.order(), means=replace(world.means, seed=refuse)))

    assert ended.judged.verdict.exit_code == ExitCode.FAIL
    assert ended.conducted.exit_code is None
    assert procedure(ended) == ["FAIL: Refused what was valid: step seed in phase setup failed"]
    assert ended.judged.headline.startswith("Refused what was valid: step seed in phase setup failed after ")
    assert ended.judged.headline.endswith("the users of the load could not be made: No such role.")


def test_a_warm_up_that_was_refused_to_the_end_fails_the_run(world: World) -> None:
    world.done.then["probes started"] = raising(RefusedError("warm-up: last seen: http_5xx, status 502", 502))

    assert procedure(run(world)) == ["FAIL: Refused what was valid: step load_up in phase setup failed"]


def test_a_load_that_does_not_come_up_for_another_reason_is_not_laid_to_keystone(world: World) -> None:
    world.done.then["probes started"] = raising(StepError("warm-up: last seen: timeout, no answer"))
    ended = run(world)

    assert ended.judged.verdict.exit_code == ExitCode.INCONCLUSIVE
    assert procedure(ended) == ["INCONCLUSIVE: Step load_up in phase setup failed"]
