"""What can not be carried out is refused beforehand, and where nothing was run no run directory is left."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.deployment.local.backend import LocalBackend
from harness.errors import HarnessError, UsageError
from harness.evidence import rundir
from harness.evidence.journal import Journal
from harness.evidence.names import Phase
from harness.run.beforehand import need_fit
from harness.run.conduct import conduct
from harness.run.judgeable import need_judgeable
from harness.run.order import Order
from harness.scenario import JudgeSettings, parse_scenario
from harness.scenario.gate import Budget, GateSettings
from tests.run.ended import raising, run
from tests.run.test_full_disk import Full
from tests.run.tiny import World

NOT_FIT = UsageError("port 5000 on 127.0.0.1 is in use (deployment.port); free it.")


def _ends(world: World, error: type[Exception], order: Order | None = None) -> str:
    """How the run is refused; nothing is left of it."""
    with pytest.raises(error) as caught:
        conduct(order or world.order(), means=world.means)
    assert not list((world.folder / "reports").glob("*"))
    return str(caught.value)


def test_what_a_back_end_refuses_as_it_comes_up_is_a_refusal_and_leaves_no_run(world: World) -> None:
    world.done.then["up"] = raising(NOT_FIT)
    assert _ends(world, UsageError) == str(NOT_FIT)
    assert list(world.done) == ["clear", "up", "end own"]


def test_leftovers_that_can_not_be_ended_leave_no_run(world: World) -> None:
    world.done.then["clear"] = raising(HarnessError("lab a1: mariadbd survived SIGKILL."))
    assert _ends(world, HarnessError) == "lab a1: mariadbd survived SIGKILL."


def test_a_disk_that_is_full_before_anything_is_started_leaves_no_run(world: World) -> None:
    world.journal = lambda path: Full(path, Phase.SETUP)
    assert _ends(world, HarnessError) == "journal.jsonl: No space left on device; the run was stopped there."


def test_a_journal_that_can_not_even_be_made_leaves_no_run(world: World) -> None:
    def full(path: Path) -> Journal:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    world.journal = full
    assert "No space left on device" in _ends(world, OSError)


def test_a_server_that_does_not_start_leaves_its_run_with_the_logs(world: World) -> None:
    world.done.then["up"] = raising(HarnessError("MariaDB did not start"))
    ended = run(world)
    assert str(ended.conducted.error) == "MariaDB did not start"
    assert ended.conducted.run.logs.is_dir()


def test_a_run_directory_that_can_be_made_only_in_part_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(HarnessError, match="make room there, or choose another place with --out"):
        rundir.create_run_directory(tmp_path / "out", "drained")
    assert not list((tmp_path / "out").iterdir())


def test_other_runs_of_the_scenario_stay_where_one_is_discarded(tmp_path: Path) -> None:
    kept, gone = (rundir.create_run_directory(tmp_path, "drained") for _ in range(2))
    rundir.discard(gone)
    assert [path.name for path in (tmp_path / "drained").iterdir()] == [kept.path.name]


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        (
            {"faults": [{"kind": "skip_step", "phase": "cooldown", "step": "drain"}]},
            "tiny.toml: faults: skip_step: the phase cooldown has no step drain here.",
        ),
        (
            {"roll": {"drained": False}, "faults": [{"kind": "skip_step", "phase": "roll", "step": "drain"}]},
            "faults: skip_step: the phase roll has no step drain here.",
        ),
        ({"load": {"users_file": "no.py"}}, "no.py does not exist; name a Locust file that lies beside"),
        ({"to": "2031.1"}, "unknown Keystone release '2031.1'"),
    ],
)
def test_an_order_is_refused_before_the_deployment_is_asked_for(
    world: World, scenario: dict[str, Any], sentence: str
) -> None:
    assert sentence in _ends(world, UsageError, world.order(**scenario))
    assert list(world.done) == []


def test_a_users_file_that_can_not_be_used_is_refused_before_anything_is_there(world: World) -> None:
    world.users_objection = "audit.py: has no class of real clients"

    assert _ends(world, UsageError, world.order(load={"users": 1})) == world.users_objection
    assert list(world.done) == []
    assert not list((world.folder / "reports").glob("*/*"))


@pytest.mark.parametrize("what", ["scenario_file", "out", "home"])
def test_a_path_that_could_not_stand_in_the_evidence_is_refused(world: World, what: str) -> None:
    changed: dict[str, Any] = {what: world.folder / os.fsdecode(b"caf\xe9.toml")}
    order = replace(world.order(), **changed)
    said = _ends(world, UsageError, order)
    assert r"caf\udce9.toml: the path of " in said
    assert said.isprintable()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": 2**70}, "mine.toml: can not be stored, so not be judged (Integer exceeds 64-bit range)."),
        ({"description": "\udcff"}, "mine.toml: can not be stored, so not be judged (str is not valid UTF-8"),
        (
            {"judge": JudgeSettings().model_copy(update={"unsent_max": -1})},
            "mine.toml: scenario: judge.unsent_max: -1 is not possible; expected at least 0.",
        ),
        (
            {"gate": GateSettings().model_copy(update={"budgets": (Budget.model_construct(),)})},
            "mine.toml: scenario.gate is none that this harness knows (budgets.0: it limits nothing; ",
        ),
    ],
)
def test_a_scenario_that_its_judge_would_refuse_is_refused_before_the_run(
    change: dict[str, Any], sentence: str
) -> None:
    scenario = parse_scenario({"name": "mine"}, "mine.toml").model_copy(update=change)
    with pytest.raises(UsageError) as caught:
        need_judgeable(scenario, Path("mine.toml"))
    assert str(caught.value).startswith(sentence)


def test_a_home_in_which_no_lab_can_lie_is_refused_beforehand(world: World, short_path: Path) -> None:
    deep = short_path / ("d" * 90)
    with pytest.raises(UsageError, match=r"is too deep: .* set HARNESS_HOME to a shorter path"):
        LocalBackend.of(world.order().scenario, deep).need_fit()
    assert not deep.exists()
    LocalBackend.of(world.order().scenario, short_path / "home").need_fit()


def test_what_was_looked_at_leaves_nothing(world: World) -> None:
    need_fit(world.order(), world.means.backend(world.order().scenario, world.folder / "home"))
    assert not list((world.folder / "reports").iterdir())
