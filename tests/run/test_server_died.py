"""A server of the lab that ends by itself: the run stops, says so, and is no failed upgrade."""

from __future__ import annotations

import pytest

from harness.deployment.protocols import Death
from harness.errors import ExitCode, NoRoomError, ServerDiedError, StepError
from harness.evidence.names import Edge, RunOutcome
from tests.run.ended import Ended, run
from tests.run.tiny import World

DB = Death("mariadb", signal="SIGKILL")
SENTENCE = (
    "mariadb was ended by SIGKILL, and nobody of this run ended it: the machine did, not Keystone, so the "
    "run was stopped there (see logs/mariadb.log)"
)


def _fails_for_want_of_the_database(world: World) -> None:
    world.lab.fallen.append(DB)
    world.lab.database.trust_breaks = True
    raise StepError("keystone-manage db_sync --expand exited with 1; nothing was rolled any further")


def _is_inconclusive(ended: Ended) -> bool:
    return ended.judged.verdict.exit_code == ExitCode.INCONCLUSIVE and ended.conducted.exit_code is None


def test_a_step_that_failed_because_a_server_died_is_no_failed_upgrade(world: World) -> None:
    world.done.then["db_sync --expand"] = lambda: _fails_for_want_of_the_database(world)
    ended = run(world)

    assert isinstance(ended.conducted.error, ServerDiedError)
    assert ended.conducted.words == SENTENCE
    assert ended.manifest.outcome == RunOutcome.ABORTED
    assert next(event.step for event in ended.events if event.edge == Edge.FAIL) == "db_sync"
    assert _is_inconclusive(ended)
    assert ended.judged.headline.startswith("Not proven: mariadb was ended by SIGKILL, in phase expand")
    assert list(world.done)[-3:] == ["probes stopped", "down", "end own"]


def test_nobody_is_told_to_mend_a_database_that_is_gone(world: World) -> None:
    world.done.then["db_sync --expand"] = lambda: _fails_for_want_of_the_database(world)
    notes = run(world).notes
    assert not [note for note in notes if "SET GLOBAL" in note]
    assert f"log_bin_trust_function_creators was not put back: {SENTENCE}" in notes


@pytest.mark.parametrize("deed", ["backup", "stop node2 term", "db_sync --contract", "trust 0"])
def test_a_server_that_died_ends_the_run_before_the_next_step(world: World, deed: str) -> None:
    world.done.then[deed] = lambda: world.lab.fallen.append(DB)
    ended = run(world)
    assert isinstance(ended.conducted.error, ServerDiedError)
    assert _is_inconclusive(ended)
    assert ended.is_let_go()


def test_a_server_that_died_in_the_baseline_is_why_the_baseline_is_bad(world: World) -> None:
    world.done.then["probes ready"] = lambda: world.lab.fallen.append(DB)
    ended = run(world, judge={"baseline_s_min": 0.1, "baseline_p99_ms_max": 1.0})
    assert not isinstance(ended.conducted.error, NoRoomError)
    assert ended.conducted.words == SENTENCE
    assert "backup" not in world.done
    assert ended.is_let_go()


def test_one_that_died_at_the_very_end_is_seen_as_well(world: World) -> None:
    world.done.then["trust 0"] = lambda: world.lab.fallen.append(Death("memcached-2", exit_code=1))
    assert _is_inconclusive(run(world))


def test_a_node_that_ends_by_itself_is_journalled_and_left_to_the_upgrade(world: World) -> None:
    """It may be the new release: prove and wait_up have a deadline, and the probes see what it costs."""
    world.done.then["start node2"] = lambda: world.lab.fallen.append(Death("node2", exit_code=1))
    ended = run(world)
    assert ended.conducted.error is None
    assert ended.judged.verdict.exit_code == ExitCode.FAIL
    assert "node2 ended with exit status 1, and nobody of this run ended it" in ended.notes


@pytest.mark.parametrize("is_worker", [False, True])
def test_a_node_or_its_worker_killed_from_outside_ends_the_run(world: World, is_worker: bool) -> None:
    death = Death("node2", signal="SIGKILL", is_worker=is_worker)
    world.done.then["start node2"] = lambda: world.lab.fallen.append(death)
    ended = run(world)
    assert ended.conducted.words.startswith("a worker of node2 was" if is_worker else "node2 was")
    assert isinstance(ended.conducted.error, ServerDiedError)
    assert _is_inconclusive(ended)
