"""Values of another type, in lines that are whole: never an error of the judge, never a good answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.errors import UsageError
from harness.evidence.names import Verdict
from harness.judge.verdict import judge_run
from tests.judge.story import NO_LOG, healthy, judged, ns, question

DAMAGES: list[Any] = [{"a": 1}, [], [[1]], "x", -3, 0.5, {}]


@pytest.mark.parametrize(
    ("phase", "step", "node", "key"),
    [
        ("trust", "set_trust", None, "before"),
        ("restore", "restore_trust", None, "seen"),
        ("expand", "db_sync", None, "exit_code"),
        ("roll", "prove", "node1", "release_seen"),
        ("contract", "prove_nodes", None, "seen"),
    ],
)
@pytest.mark.parametrize("damage", DAMAGES, ids=repr)
def test_a_step_whose_result_is_damaged_proves_nothing(
    phase: str, step: str, node: str | None, key: str, damage: object, tmp_path: Path
) -> None:
    story = healthy()
    story.detail(phase, step, node)[key] = damage
    assert question(judged(story, tmp_path), "procedure").verdict is not Verdict.PASS


def test_a_sample_of_the_balancer_whose_time_is_no_number_is_refused_by_its_line(tmp_path: Path) -> None:
    story = healthy()
    story.balancer = [{"mono_ns": "soon", "phase": None, "step": None, "servers": {}}]
    run = story.write(tmp_path)
    with pytest.raises(UsageError) as refused:
        judge_run(run)
    assert str(refused.value) == (
        f"{run.balancer}, line 1: mono_ns: 'soon' is not possible; expected a whole number; restore the file "
        "from where the run was made."
    )


def test_a_sample_of_the_balancer_far_from_the_runs_clock_is_refused(tmp_path: Path) -> None:
    story = healthy()
    story.balancer = [{"mono_ns": 2**62, "phase": None, "step": None, "servers": {}}]
    with pytest.raises(UsageError, match=r"balancer\.jsonl, sample 1: mono_ns is .* more than 30 days"):
        judge_run(story.write(tmp_path))


def test_lines_of_the_balancer_that_are_damaged_are_told(tmp_path: Path) -> None:
    story = healthy()
    servers = {"node1": {"wretr": 0}}
    story.balancer = [
        {"mono_ns": ns(second), "phase": None, "step": None, "servers": servers} for second in (20, 21)
    ]
    run = story.write(tmp_path)
    run.balancer.write_bytes(b"lost\n" + run.balancer.read_bytes() + orjson.dumps({"mono_ns": 3})[:-1])
    assert [limit for limit in judge_run(run).limits if "balancer" in limit and limit != NO_LOG] == [
        "2 lines of the balancer's samples cannot be read: what it kept from its clients then is not known."
    ]
