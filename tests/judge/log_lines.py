"""The balancer's log of a story, as HAProxy writes it: a line a request, in the order of their ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from harness.evidence.rundir import RunDirectory
from tests.judge.sealing import seal
from tests.judge.story import REFERENCE, T0_NS, Story

_MIDNIGHT = datetime(2026, 11, 27)  # noqa: DTZ001 - the log has the local time of its host
_MONTH = "Nov"


def line(
    second: float, *, server: str = "node2", status: int = 200, ts: str = "----", sent_id: str = "-"
) -> str:
    """Of a request that the balancer read at a second of the story."""
    at = _MIDNIGHT + timedelta(milliseconds=round(second * 1000) + 3_600_000)
    stamp = f"{at.day:02d}/{_MONTH}/{at.year}:{at:%H:%M:%S}.{at.microsecond // 1000:03d}"
    return (
        f"t={stamp} client=127.0.0.1:36566 server={server} status={status} ts={ts} retries=0 "
        f"req/queue/connect/response/all_ms=0/0/0/19/19 bytes=1704 id={sent_id} GET /v3/users"
    )


def log_of(story: Story, *others: str) -> list[str]:
    """Lines of every request of the story that was answered, and those of `others`, by time."""
    own = [_line_of(row) for lane, rows in story.records.items() if lane != REFERENCE for row in rows]
    talk = "Server keystone/node1 is DOWN, reason: Layer4 connection problem. 1 active and 0 backup servers."
    return [talk, *sorted(found for found in [*own, *others] if found)]


def _line_of(row: dict[str, Any]) -> str:
    if not row["status"]:
        return ""
    second = (row["start_ns"] - T0_NS) / 1e9
    return line(second, server=row["node"] or "<NOSRV>", status=row["status"], sent_id=row["request_id"])


def written(run: RunDirectory, lines: list[str], *, sealed: bool = True) -> RunDirectory:
    """Put the log into a run, and seal the run."""
    run.logs.mkdir(exist_ok=True)
    run.balancer_log.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    return seal(run) if sealed else run


def with_log(story: Story, path: Path, *others: str) -> RunDirectory:
    """Write the story with its log, and seal it."""
    return written(story.write(path), log_of(story, *others))
