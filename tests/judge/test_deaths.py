"""A server that ended by itself: whose doing it was, and what of what came after is charged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.judge.model import Verdict
from tests.judge.story import ISSUE, VALIDATE, Story, healthy, judged, ns, question, sentences

DB = {"server": "mariadb", "signal": "SIGKILL"}


def _dies(story: Story, second: float, phase: str, how: dict[str, Any]) -> None:
    """Seen dead at that second, and alive 0.2 s before."""
    story.event(second, "note", phase, alive_ns=ns(second - 0.2), dead_ns=ns(second), **how)
    story.events.sort(key=lambda event: int(event["mono_ns"]))


def _expand_cut_short() -> Story:
    """MariaDB is killed in expand: everything fails from then on, the step too, and the run stops there."""
    story = healthy()
    story.find("expand", "db_sync")["edge"] = "fail"
    story.find("expand", "db_sync", edge="fail")["detail"] = {"reason": "db_sync exited with 1"}
    story.events = [event for event in story.events if event["mono_ns"] <= ns(20.0)]
    story.event(20.0, "fail", "expand", reason="db_sync exited with 1")
    for lane in (ISSUE, VALIDATE):
        story.records[lane] = story.due(lane, 0, 20.0)
        story.fail(lane, 19.0, 20.0)
    _dies(story, 19.1, "expand", DB)
    story.outcome = "aborted"
    return story


def test_a_database_that_was_killed_fails_nothing_of_what_came_after(tmp_path: Path) -> None:
    judgement = judged(_expand_cut_short(), tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.headline.startswith(
        "Not proven: mariadb was ended by SIGKILL, in phase expand at step db_sync, seen 19.10 s into the "
        "run, and nobody of this run ended it: the machine did that, and nothing from then on is charged to "
        "Keystone"
    )
    assert (
        "INCONCLUSIVE: Step db_sync in phase expand failed after 2.0 s: db_sync exited with 1 (mariadb was "
        "ended by SIGKILL, so the upgrade is not charged)."
    ) in sentences(judgement, "procedure")
    assert sentences(judgement, "availability")[-1] == (
        "INCONCLUSIVE: 1 disruption or stall can not be charged to the upgrade: mariadb was ended by SIGKILL."
    )
    finding = question(judgement, "procedure").findings[0]
    assert (finding.phase, finding.step, finding.node) == ("expand", "db_sync", None)
    assert (finding.start_ns, finding.end_ns) == (ns(18.9), ns(19.1))


def test_what_had_failed_before_the_death_stays_a_failure(tmp_path: Path) -> None:
    story = _expand_cut_short()
    story.fail(ISSUE, 18.0, 18.5)

    judgement = judged(story, tmp_path)

    assert question(judgement, "availability").verdict is Verdict.FAIL


def test_a_run_that_lost_a_server_never_passes(tmp_path: Path) -> None:
    story = healthy()
    _dies(story, 50.0, "cooldown", {"server": "memcached-1", "exit_code": 0})
    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "procedure") == [
        "INCONCLUSIVE: memcached-1 ended with exit status 0, in phase cooldown at step observe, seen 50.00 s "
        "into the run, and nobody of this run ended it: the machine did that, and nothing from then on is "
        "charged to Keystone."
    ]


def test_a_node_killed_from_outside_is_the_machines_doing(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 50.0, 51.0)
    _dies(story, 50.0, "cooldown", {"server": "node2", "signal": "SIGKILL"})
    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert question(judgement, "procedure").findings[0].node == "node2"


def test_a_worker_killed_from_outside_is_the_machines_doing_though_its_node_goes_on(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 50.0, 50.5)
    _dies(story, 50.0, "cooldown", {"server": "node2", "signal": "SIGKILL", "worker": True})
    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.headline.startswith(
        "Not proven: a worker of node2 was ended by SIGKILL, in phase cooldown"
    )


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"exit_code": 1}, "node2 ended with exit status 1"),
        ({"signal": "SIGSEGV"}, "node2 was ended by SIGSEGV"),
    ],
)
def test_a_node_that_ends_by_itself_on_what_was_upgraded_is_a_failure(
    tmp_path: Path, how: dict[str, Any], words: str
) -> None:
    story = healthy()
    story.fail(ISSUE, 50.0, 51.0)
    _dies(story, 50.0, "cooldown", {"server": "node2", **how})
    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.FAIL
    assert question(judgement, "availability").verdict is Verdict.FAIL
    assert sentences(judgement, "procedure") == [
        f"FAIL: {words}, in phase cooldown at step observe, seen 50.00 s into the run, and nobody of this "
        "run ended it: a server of Keystone ends when it is told to."
    ]


@pytest.mark.parametrize(
    ("second", "phase", "how", "why"),
    [
        (6.0, "baseline", {"exit_code": 1}, "nothing had been upgraded by then."),
        (50.0, "cooldown", {}, "so it is not known whose doing that was."),
    ],
)
def test_whose_doing_is_not_known_of_a_node_that_ended_before_or_nobody_knows_how(
    tmp_path: Path, second: float, phase: str, how: dict[str, Any], why: str
) -> None:
    story = healthy()
    _dies(story, second, phase, {"server": "node2", **how})
    judgement = judged(story, tmp_path)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "procedure")[0].endswith(why)


@pytest.mark.parametrize("damage", [{"dead_ns": "soon", "alive_ns": None}, {"server": 7}])
def test_a_note_that_is_damaged_is_no_death(tmp_path: Path, damage: dict[str, Any]) -> None:
    story = healthy()
    _dies(story, 50.0, "cooldown", DB)
    next(e for e in story.events if e["edge"] == "note")["detail"].update(damage)
    assert judged(story, tmp_path).verdict is Verdict.PASS
