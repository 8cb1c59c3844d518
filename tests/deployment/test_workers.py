"""Workers of a node that were killed from outside, as uWSGI tells of them."""

from __future__ import annotations

from pathlib import Path

from harness.deployment.local.workers import KilledWorkers

BEGINS = "*** Starting uWSGI 2.0.31 (64bit) on [Fri Nov 27 00:00:00 2026] ***\n"
KILLED = "DAMN ! worker 1 (pid: 4007) died, killed by signal 9 :( trying respawn ...\n"
CRASHED = "DAMN ! worker 2 (pid: 4008) died, killed by signal 11 :( trying respawn ...\n"


def _log(folder: Path, text: str) -> Path:
    log = folder / "node-1.log"
    with log.open("a", encoding="utf-8") as file:
        file.write(text)
    return log


def test_each_worker_that_was_killed_is_told_once_with_its_signal(tmp_path: Path) -> None:
    workers = KilledWorkers(_log(tmp_path, BEGINS + "request\n"))
    assert list(workers.since()) == []
    _log(tmp_path, KILLED + "Respawned uWSGI worker 1 (new pid: 5000)\n" + CRASHED)
    assert list(workers.since()) == [9, 11]
    assert list(workers.since()) == []


def test_a_line_that_is_not_whole_yet_is_told_when_it_is(tmp_path: Path) -> None:
    workers = KilledWorkers(_log(tmp_path, BEGINS + KILLED[:30]))
    assert list(workers.since()) == []
    _log(tmp_path, KILLED[30:])
    assert list(workers.since()) == [9]


def test_who_was_ended_with_the_node_before_it_began_again_was_not_killed(tmp_path: Path) -> None:
    workers = KilledWorkers(_log(tmp_path, BEGINS + KILLED + KILLED + BEGINS + "request\n"))
    assert list(workers.since()) == []


def test_what_a_request_has_in_it_is_no_death(tmp_path: Path) -> None:
    workers = KilledWorkers(_log(tmp_path, "request GET /v3/" + KILLED))
    assert list(workers.since()) == []


def test_a_node_that_has_no_log_yet_lost_nobody(tmp_path: Path) -> None:
    assert list(KilledWorkers(tmp_path / "node-1.log").since()) == []
