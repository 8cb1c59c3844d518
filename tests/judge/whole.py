"""A run that asks every question and has every kind of evidence, as a run leaves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.evidence.history import EarlierRun, History, RunFigures, write_history
from harness.evidence.ledger import Found, Stage
from harness.evidence.manifest import read_manifest
from harness.evidence.names import Ability, Verdict
from harness.evidence.rundir import RunDirectory
from harness.judge.comparable import settings_of_run
from harness.scenario import parse_scenario
from tests.judge.books import LANE, books
from tests.judge.cells import checked_story, find
from tests.judge.log_lines import line, log_of, written
from tests.judge.old_cells import KINDS, add_old_data
from tests.judge.sealing import seal
from tests.judge.story import LOAD, NEW_TABLES, OLD_TABLES, Story, ns

SCENARIO = {
    "name": "whole",
    "probes": [
        {"op": "token_issue", "rate_hz": 2.0, "connections": ["new"]},
        {"op": "token_validate", "rate_hz": 2.0, "connections": ["reused"]},
    ],
    "load": {"users": 1, "client_users": 0},
    "gate": {"worse_fails": True},
}


class Whole:
    """The parts of the run, which a failing one bends."""

    def __init__(self, *, compared: bool = True) -> None:
        """`compared`: with earlier runs, which were made under the same settings."""
        self.story = _story()
        self.books = books()
        self.others: list[str] = []
        """Lines of the balancer's log about requests that are none of the run's."""
        self._compared = compared
        if compared:
            self.story.command += ["--baseline", "baseline.json"]

    def write(self, path: Path, *, sealed: bool = False) -> RunDirectory:
        _count_cells(self.story)
        if sealed:
            self.story.event(0, "note", "setup", seals=True)
        run = self.story.write(path)
        self.books.told(run)
        written(run, log_of(self.story, *self.others), sealed=False)
        if self._compared:
            write_history(_earlier(run), run.baseline)
        return seal(run) if sealed else run


def _story() -> Story:
    story = checked_story()
    story.scenario = parse_scenario(SCENARIO, "whole.toml").resolved()
    story.abilities = sorted(Ability)
    story.command = ["harness", "run", "whole"]
    story.watch(0.5)
    story.versions = [
        _tables(12.9, "preflight", "versions", "end", OLD_TABLES),
        *(
            _tables(*row)
            for phase, at in (("expand", 18.0), ("contract", 43.0))
            for row in _synced(phase, at)
        ),
    ]
    story.balancer = [_balancer(second) for second in range(3, 54, 2)]
    _add_writes(story)
    add_old_data(story, KINDS)
    return story


def _synced(phase: str, at: float) -> list[tuple[float, str, str, str, dict[str, list[str]]]]:
    before = OLD_TABLES if phase == "expand" else NEW_TABLES
    return [
        (at + 0.1, phase, "db_sync", "begin", before),
        (at + 1.9, phase, "db_sync", "end", NEW_TABLES),
        (at + 2.4, phase, "prove_schema", "end", NEW_TABLES),
    ]


def _tables(second: float, phase: str, step: str, edge: str, tables: dict[str, list[str]]) -> dict[str, Any]:
    told = {"phase": phase, "step": step, "edge": edge, "tables": tables}
    return {"mono_ns": ns(second), "kind": "versions", **told}


def _balancer(second: float) -> dict[str, Any]:
    counters = {"wretr": 0, "wredis": 0, "econ": 0, "eresp": 0, "hrsp_5xx": 0}
    return {
        "mono_ns": ns(second),
        "phase": "x",
        "step": None,
        "servers": {node: {**counters, "status": _status(node, second)} for node in ("node1", "node2")},
    }


def _status(node: str, second: float) -> str:
    return (
        "MAINT" if {"node1": 23.1, "node2": 33.1}[node] <= second < {"node1": 28, "node2": 38}[node] else "UP"
    )


def _add_writes(story: Story) -> None:
    """The requests and the steps of what `books` tells."""
    like = next(lane for lane in story.lanes if lane["lane"] == LOAD)
    story.lanes.append({**like, "lane": LANE, "op": "user_create"})
    story.records[LANE] = [
        {
            **story.due(LOAD, second, second + 1)[0],
            "lane": LANE,
            "op": "user_create",
            "request_id": f"w-{second}",
        }
        for second in (5, 6, 30, 35)
    ]
    story.step("roll", "read_back", 41, 41.9, entities=2, changing=0, requests=40)
    story.step("cooldown", "read_back", 50, 50.9, entities=2, changing=0, requests=40)


def _count_cells(story: Story) -> None:
    """The steps that made the cells, with what they counted."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for cell in story.cells or ():
        told = counts.setdefault((cell["phase"], cell["step"]), dict.fromkeys(("ok", "broken", "unknown"), 0))
        told[cell["outcome"]] += 1
    for (phase, step), cells in counts.items():
        begin = story.find(phase, None, edge="begin")["mono_ns"]
        at = (begin - ns(0)) / 1e9 + 0.5
        story.step(phase, step, at, at + 0.2, cells=cells)


def _earlier(run: RunDirectory) -> History:
    figures = RunFigures(
        requests=320, failed=0, outage_s=0, stall_s=0.02, p50_ms=20, p99_ms=20, roll_s=20, cells=()
    )
    runs = tuple(
        EarlierRun(name=f"whole/{n}", started=datetime(2026, 1, 1, tzinfo=UTC), availability=Verdict.PASS,
                   figures=figures)
        for n in range(3)
    )  # fmt: skip
    return History(format=1, harness="0", settings=settings_of_run(read_manifest(run.manifest)), runs=runs)


# --- what fails, each for one reason that one kind of evidence tells


def _refused(whole: Whole) -> None:
    whole.story.fail("token_issue/new", 30, 30.6)


def _load_refused(whole: Whole) -> None:
    whole.story.fail(LOAD, 30, 30.6)


def _relapsed(whole: Whole) -> None:
    whole.story.due("token_validate/reused", 31, 31.6)[0].update(node="node1", release="27.1.0")


def _cell_broken(whole: Whole) -> None:
    find(whole.story, "user_logs_in")["outcome"] = "broken"


def _cohort_broken(whole: Whole) -> None:
    assert whole.story.cells is not None
    cell = next(c for c in whole.story.cells if (c["check"], c["phase"]) == ("cohort_token", "contract"))
    cell["outcome"] = "broken"


def _old_data_broken(whole: Whole) -> None:
    assert whole.story.cells is not None
    cell = next(c for c in whole.story.cells if (c["check"], c["phase"]) == ("old_ec2", "cooldown"))
    cell["outcome"] = "broken"


def _cell_late(whole: Whole) -> None:
    find(whole.story, "revoked_token_refused")["took_s"] = 9.0


def _cell_healed(whole: Whole) -> None:
    """Refused only once the load had deleted a user, who was made for it."""
    looks = {
        "prepared_ns": ns(29.4), "changed_ns": ns(29.5), "first_ns": ns(29.6), "first": "answered 200",
        "stale_ns": ns(31.3), "ended_ns": ns(31.7), "tries": 1,
    }  # fmt: skip
    find(whole.story, "revoked_token_refused").update(took_s=2.1, looks=looks)
    like = whole.story.records[LANE][0]
    made_and_gone = (
        whole.books.write(31.2, "user_create", "carol", enabled=True),
        whole.books.write(31.5, "user_delete", "carol"),
    )
    for made in made_and_gone:
        at = {"intended_ns": made.invoked_ns, "start_ns": made.invoked_ns, "end_ns": made.completed_ns}
        whole.story.records[LANE].append({**like, **at, "node": "node2", "request_id": made.request_id})
    for phase in ("roll", "cooldown"):
        whole.story.detail(phase, "read_back")["entities"] = 3


def _write_lost(whole: Whole) -> None:
    whole.books.find(Stage.CONTRACT, "balancer node1 node2", "alice", Found(()))


def _schema_wrong(whole: Whole) -> None:
    whole.story.versions[-1]["tables"] = OLD_TABLES


def _lock_waited(whole: Whole) -> None:
    waiting = {"thread": 7, "account": "keystone", "state": "Waiting for table metadata lock"}
    for second, waited_s in ((19.0, 0.4), (19.5, 0.9), (20.0, 1.4)):
        sample = next(row for row in whole.story.activity if row["mono_ns"] == ns(second))
        sample["waiting"] = [{**waiting, "seconds": waited_s, "statement": "ALTER TABLE user"}]


def _worse(whole: Whole) -> None:
    for lane in ("token_issue/new", "token_validate/reused"):
        whole.story.slow(lane, 2, 54, 0.08)


def _not_proven(whole: Whole) -> None:
    whole.story.detail("contract", "prove_nodes")["seen"]["node2"] = "27.1.0"


def _command_failed(whole: Whole) -> None:
    whole.story.detail("contract", "db_sync")["exit_code"] = 1


def _flag_left(whole: Whole) -> None:
    whole.story.detail("restore", "restore_trust")["seen"] = True


def _given_while_out(whole: Whole) -> None:
    whole.others.append(line(24.1, server="node1"))


WORSE = "it is worse than earlier runs"
GIVEN = "a node that was out was given somebody else's request"
SEALED_ONLY = frozenset({GIVEN})
"""The balancer's log is no evidence where it is not under the seal."""
FAILING: dict[str, Callable[[Whole], None]] = {
    "a probe was refused": _refused,
    "a request of the load was refused": _load_refused,
    "a node fell back to the old release": _relapsed,
    "a check of continuity is broken": _cell_broken,
    "a check of the cohort is broken": _cohort_broken,
    "old data is no longer honoured": _old_data_broken,
    "a revocation came too late": _cell_late,
    "a revocation was healed by the load": _cell_healed,
    "an acknowledged write is lost": _write_lost,
    "the version tables hold something else": _schema_wrong,
    "a statement waited for a lock": _lock_waited,
    WORSE: _worse,
    "a node was not proven before contract": _not_proven,
    "a command failed": _command_failed,
    "the flag was not put back": _flag_left,
    GIVEN: _given_while_out,
}


def failing(reason: str, path: Path, *, sealed: bool = False) -> RunDirectory:
    """The run that fails for this reason; compared with earlier ones only where that is the reason."""
    whole = Whole(compared=reason == WORSE)
    FAILING[reason](whole)
    return whole.write(path, sealed=sealed)
