"""The requests that had no success, one by one, and what the logs say of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.evidence.logs import LogLine, lines_between, lines_of_requests
from harness.evidence.names import MEANT_FOR
from harness.evidence.rundir import RunDirectory
from harness.judge.downtime import Outage
from harness.judge.model import Judgement
from harness.redact import redacted
from harness.report.text import one_line

LINES_EACH_MAX = 8
"""Of one request: HAProxy's line, uWSGI's, and Keystone's first few."""
LINES_CHARS_MAX = 300_000
"""Of all lines on a page; every outage has its share."""

OUTAGES_TOLD_MAX = 100
"""Of so many outages the page has what their nodes logged; the file is read once for each."""
LINES_OUTAGE_MAX = 12
_BEFORE_MS, _AFTER_MS = 1_000, 500
"""Round an outage: what felled a node was logged before the first request failed."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What the logs say of a run's failures."""

    of_requests: Mapping[str, tuple[LogLine, ...]]
    """By request id."""
    of_outages: Mapping[int, tuple[LogLine, ...]]
    """What the node that an outage is laid to logged then besides its requests, by the outage's number."""


def lines_of_failures(judgement: Judgement, run: RunDirectory) -> Lines:
    """What the run's logs say of its requests without success, and of its outages.

    Raises:
        OSError: a log cannot be read.
    """
    ids = [request_id for request_id in judgement.series.failures["request_id"] if _known(request_id)]
    numbered = list(enumerate(judgement.downtime.outages, start=1))[:OUTAGES_TOLD_MAX]
    reading = judgement.manifest.clock
    ahead_ns = reading.wall_ns - reading.mono_ns
    # A node's name makes a file's name only where the run has that node: a stranger's word opens nothing.
    known = set(judgement.manifest.nodes)
    return Lines(
        lines_of_requests(run.logs, set(ids), LINES_EACH_MAX),
        {
            number: lines_between(
                run.logs / f"{outage.node}.log",
                (outage.start_ns + ahead_ns) // 1_000_000 - _BEFORE_MS,
                (outage.end_ns + ahead_ns) // 1_000_000 + _AFTER_MS,
                LINES_OUTAGE_MAX,
            )
            for number, outage in numbered
            if outage.node in known
        },
    )


def failure_rows(judgement: Judgement, lines: Lines) -> list[dict[str, Any]]:
    """A row a request without success, in order of time; texts as they may be shown."""
    start_ns = judgement.timeline.start_ns
    failures, nodes = judgement.series.failures, judgement.manifest.nodes
    kept = _kept(failures, judgement.downtime.outages, lines)
    return [
        {
            "at_s": round((row["intended_ns"] - start_ns) / 1e9, 3),
            "lane": str(row["lane"]),
            "node": _text(row["node"]) or meant_for(_text(row["detail"]), nodes),
            "release": _text(row["release"]),
            "error": _text(row["error"]) or "other",
            "outcome": str(row["outcome"]),
            "status": int(row["status"]),
            "took_ms": round(row["latency_ms"], 1),
            "detail": redacted(_text(row["detail"])),
            "id": _text(row["request_id"]),
            "lines": kept.get(place, []),
        }
        for place, row in enumerate(failures.to_dict("records"))
    ]


def in_outage(rows: Sequence[dict[str, Any]], outage: Outage, start_ns: int) -> list[int]:
    """Places of the rows that were due in an outage, in one of its lanes."""
    lanes = set(outage.lanes)
    # The rows are rounded to milliseconds, so the edges are.
    edges_ns = (outage.first_due_ns, outage.last_due_ns)
    first_s, last_s = (round((edge - start_ns) / 1e9, 3) for edge in edges_ns)
    return [
        place for place, row in enumerate(rows) if first_s <= row["at_s"] <= last_s and row["lane"] in lanes
    ]


def attribute(rows: Sequence[dict[str, Any]], places: Sequence[int], outage: Outage) -> None:
    """Name the node that an outage is laid to in those of its rows that no node answered."""
    for row in (rows[place] for place in places if outage.node):
        if not row["node"] or (row["node"] == outage.node and not row["release"]):
            row |= {
                "node": one_line(outage.node),
                "release": one_line(outage.release or ""),
                "attributed": True,
            }


def shown(lines: Iterable[LogLine]) -> list[list[Any]]:
    """File, number and text of lines, redacted."""
    return [[line.file, line.number, redacted(line.text)] for line in lines]


def _kept(failures: pd.DataFrame, outages: Sequence[Outage], lines: Lines) -> dict[int, list[list[Any]]]:
    """The lines of each row that find room on the page, redacted; in turns, an outage a row."""
    chars_left = LINES_CHARS_MAX
    kept: dict[int, list[list[Any]]] = {}
    ids = failures["request_id"].tolist()
    for place in _in_turns(failures["intended_ns"].tolist(), outages):
        kept[place] = shown(lines.of_requests.get(ids[place], ()))
        chars_left -= sum(len(text) + len(file) + 12 for file, _, text in kept[place])
        if chars_left < 0:
            break
    return kept


def _in_turns(due_ns: Sequence[int], outages: Sequence[Outage]) -> Iterator[int]:
    """Places of rows: the first of each outage, the second of each, ...; those outside any come last."""
    turns: dict[int, tuple[int, int]] = {}
    for number, outage in enumerate(outages):
        inside = [place for place, when in enumerate(due_ns) if outage.start_ns <= when <= outage.end_ns]
        for turn, place in enumerate(inside):
            turns.setdefault(place, (turn, number))
    return iter(sorted(range(len(due_ns)), key=lambda place: turns.get(place, (len(due_ns), place))))


def meant_for(detail: str, nodes: Collection[str]) -> str:
    """The node that a request was for which the balancer answered itself; empty where nothing tells.

    What the balancer names may be none of them: a server of its own, or a word for none.
    """
    named = one_line(detail.partition(MEANT_FOR)[2])
    return named if named in nodes else ""


def _known(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _text(value: object) -> str:
    return one_line(value) if _known(value) else ""
