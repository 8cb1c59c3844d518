"""Follows the files of a run that goes on, and tells what is new."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from threading import Lock
from typing import Any

from harness.errors import UsageError
from harness.evidence.clock import Clock, now_ns
from harness.evidence.journal import read_journal
from harness.evidence.jsonl import follow_lines
from harness.evidence.manifest import Manifest, read_manifest
from harness.evidence.names import Outcome, Role
from harness.evidence.records import Record
from harness.evidence.request_line import lanes_of, record_of
from harness.evidence.rundir import RunDirectory
from harness.judge.timeline import build_timeline
from harness.redact import redacted
from harness.report.explore.columns import Words, server_name, short_ms
from harness.report.explore.data import marks_data, timeline_data
from harness.report.explore.failures import meant_for
from harness.report.text import one_line

ROWS_MAX = 100_000
"""Requests that went well and are kept one by one: an hour at 28 requests/s. Counting goes on."""
FAILURES_MAX = 5_000
ROWS_TOLD_MAX = 20_000
"""In one answer; who is further behind asks again."""
_LOOK_AGAIN_S = 0.8
"""However many readers ask, the files are read no more often."""


class Follower:
    """What has been seen of a run; readers ask `told` with how much they have. Safe for several threads."""

    def __init__(self, run: RunDirectory, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._run = run
        self._monotonic_s = monotonic_s
        self._looked_s = -_LOOK_AGAIN_S
        self._lock = Lock()
        self._offsets: dict[Path, int] = {}
        self._lanes = Words()
        self._roles: dict[str, str] = {}
        self._servers = Words()
        self._rows: list[tuple[int, int, int, float | int]] = []
        """Intended time (ns), lane, server, latency of requests that went well."""
        self._failures: list[dict[str, Any]] = []
        self._counts: Counter[str] = Counter()
        self._frame: dict[str, Any] | None = None
        self._start_ns = 0
        self._nodes: frozenset[str] = frozenset()

    def told(self, rows_had: int, failures_had: int) -> dict[str, Any] | None:
        """The procedure so far, and the requests that the reader lacks; None before there is a file."""
        with self._lock:
            if self._monotonic_s() - self._looked_s >= _LOOK_AGAIN_S:
                self._look()
                self._looked_s = self._monotonic_s()
            if self._frame is None:
                return None
            rows = self._rows[rows_had : rows_had + ROWS_TOLD_MAX]
            return {
                **self._frame,
                "lanes": [
                    {"name": one_line(lane), "role": self._roles.get(lane, "load")}
                    for lane in self._lanes.words
                ],
                "servers": [[one_line(part) for part in name.split("\n")] for name in self._servers.words],
                "at_ms": [(row[0] - self._start_ns) // 1_000_000 for row in rows],
                "lane": [row[1] for row in rows],
                "server": [row[2] for row in rows],
                "took_ms": [row[3] for row in rows],
                "failures": [self._placed(row) for row in self._failures[failures_had:]],
                "counts": dict(self._counts),
                "full": len(self._rows) >= ROWS_MAX or len(self._failures) >= FAILURES_MAX,
            }

    def _placed(self, failure: dict[str, Any]) -> dict[str, Any]:
        placed = {key: value for key, value in failure.items() if key != "intended_ns"}
        return {**placed, "at_s": round((failure["intended_ns"] - self._start_ns) / 1e9, 3)}

    def _look(self) -> None:
        try:
            manifest = read_manifest(self._run.manifest)
            events = read_journal(self._run.journal).events
        except UsageError:
            return  # not written yet, or in the midst of it: the next look finds it
        if not events:
            return
        timeline = build_timeline(
            events, manifest.nodes, manifest.from_.version, manifest.to.version, _until_ns(manifest)
        )
        self._start_ns, self._nodes = timeline.start_ns, frozenset(manifest.nodes)
        clock = Clock(manifest.clock.wall_ns, manifest.clock.mono_ns)
        last = events[-1]
        self._frame = {
            **timeline_data(timeline, clock),
            "title": one_line(manifest.stored.name),
            "releases": [one_line(release.version) for release in (manifest.from_, manifest.to)],
            "now": " ".join(one_line(part) for part in (last.phase, last.step, last.node) if part),
            "ended": manifest.outcome is not None,
            "marks": marks_data(),
        }
        for path in self._run.request_files():
            self._follow(path)

    def _follow(self, path: Path) -> None:
        lines, self._offsets[path] = follow_lines(path, self._offsets.get(path, 0))
        for line in lines:
            # A damaged line is passed over here; the judge will count it, or refuse it.
            if (record := record_of(line)) is not None:
                self._take(record)
            elif (lanes := lanes_of(line)) is not None:
                self._roles |= {lane.lane: lane.role for lane in lanes}

    def _take(self, record: Record) -> None:
        if self._roles.get(record.lane) == Role.REFERENCE:
            return
        self._counts[record.outcome] += 1
        lane = self._lanes.number(record.lane)
        took_ms = (record.end_ns - record.intended_ns) / 1e6
        if record.outcome == Outcome.OK and len(self._rows) < ROWS_MAX:
            server = self._servers.number(server_name(record.node, record.release))
            self._rows.append((record.intended_ns, lane, server, short_ms(took_ms)))
        elif record.outcome in (Outcome.FAILED, Outcome.UNKNOWN) and len(self._failures) < FAILURES_MAX:
            self._failures.append(_failure(record, took_ms, self._nodes))


def _failure(record: Record, took_ms: float, nodes: Collection[str]) -> dict[str, Any]:
    detail = record.detail or ""
    return {
        "intended_ns": record.intended_ns,
        "lane": one_line(record.lane),
        "node": one_line(record.node or meant_for(detail, nodes)),
        "release": one_line(record.release or ""),
        "error": one_line(record.error or "other"),
        "outcome": one_line(record.outcome),
        "status": record.status,
        "took_ms": short_ms(took_ms),
        "detail": redacted(detail),
        "id": one_line(record.request_id or ""),
        "lines": [],
    }


def _until_ns(manifest: Manifest) -> int:
    """What is under way lasts until now; a run that is over ended with its last event."""
    return now_ns() if manifest.outcome is None else 0
