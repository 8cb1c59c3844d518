"""The requests of a story: which failed, and what the judge made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from harness.evidence.names import Role
from harness.judge.downtime import Charge, Downtime, Outage
from harness.judge.model import LaneStats, Series, Span, Stall
from tests.report.story_names import LANES, LOAD_LANE, NEW, NODES, OLD, PHASES, T0, at

BURSTS = (
    (78.7, "node1", 7, 1.5),
    (90.1, "node2", 6, 1.4),
    (101.5, "node3", 6, 1.3),
)


def failures() -> list[dict[str, Any]]:
    found = []
    for start, node, requests, length in BURSTS:
        for number in range(requests):
            lane = LANES[(number * 3) % len(LANES)]
            op, connection = lane.split("/")
            is_new = connection == "new"
            is_unknown = op in ("user_create", "token_issue") and not is_new
            found.append(
                {
                    "intended_ns": at(start + length * number / requests),
                    "lane": lane,
                    "op": op,
                    "connection": connection,
                    "outcome": "unknown" if is_unknown else "failed",
                    "error": "http_5xx" if is_new else "timeout" if number == 5 else "closed",
                    "status": 502 if is_new else 0,
                    "detail": "502 Bad Gateway" if is_new else "closed before the status line",
                    "node": None,
                    "release": None,
                    "request_id": f"req-{node}-{number}",
                    "latency_ms": 10_000.0 if number == 5 else 4.0 + number * 90,
                }
            )
    return found


def downtime_of(outages: tuple[Outage, ...]) -> Downtime:
    """Outages that lie apart, with their lengths and counts."""
    return Downtime(
        outages=outages,
        total=len(outages),
        charges=tuple(_charge(outage) for outage in outages if outage.charged),
        failed=sum(outage.requests for outage in outages),
    )


def _charge(outage: Outage) -> Charge:
    return Charge(
        phase=outage.phase,
        start_ns=outage.start_ns,
        end_ns=outage.end_ns,
        inner_s=outage.inner_s,
        requests={outage.lanes[0]: outage.requests},
        spans_ns={outage.lanes[0]: (outage.start_ns, outage.end_ns)},
    )


def stalls(lanes: Iterable[LaneStats]) -> tuple[Stall, ...]:
    longest = [
        Stall(stats.lane, stats.gap_s_max)
        for stats in lanes
        if stats.phase is None and stats.role is Role.PROBE and stats.gap_s_max is not None
    ]
    return tuple(sorted(longest, key=lambda stall: -stall.length_s))


def outages(failures: Sequence[dict[str, Any]]) -> tuple[Outage, ...]:
    outages = []
    for start, node, _, length in BURSTS:
        mine = [row for row in failures if row["request_id"].startswith(f"req-{node}-")]
        classes = sorted({row["error"] for row in mine})
        counts = [(name, sum(row["error"] == name for row in mine)) for name in classes]
        examples = tuple(
            f"{(row['intended_ns'] - T0) / 1e9:.2f} s, {row['lane']}, {row['error']}, {row['detail']}, "
            f"{row['request_id']}"
            for row in mine[:5]
        )
        outages.append(
            Outage(
                start_ns=at(start),
                end_ns=at(start + length),
                inner_start_ns=at(start) + 100_000_000,
                inner_end_ns=at(start + length) - 100_000_000,
                first_due_ns=at(start),
                last_due_ns=at(start + length),
                open_ended=False,
                lanes=tuple(sorted({row["lane"] for row in mine})),
                errors=tuple(sorted(counts, key=lambda item: -item[1])),
                requests=len(mine),
                due=4 * len(mine),
                down=False,
                phase="roll",
                step="stop",
                node=node,
                release=OLD,
                cause=f"The harness was stopping {node} (27.1.0) without having drained it.",
                examples=examples,
            )
        )
    return tuple(outages)


def lane_stats(failures: Iterable[dict[str, Any]]) -> tuple[LaneStats, ...]:
    rows = list(failures)
    stats = []
    probed = [phase for phase in PHASES if phase[0] not in ("setup", "teardown")]
    for phase, start, end in [*probed, (None, 22.0, 135.4)]:
        for lane in (*LANES, LOAD_LANE):
            rate_hz = 3 if "token" in lane else 1
            mine = [r for r in rows if r["lane"] == lane and at(start) <= r["intended_ns"] < at(end)]
            requests = round((end - start) * rate_hz)
            failed = sum(row["outcome"] == "failed" for row in mine)
            had_failures = bool(mine)
            stats.append(
                LaneStats(
                    phase=phase,
                    lane=lane,
                    role=Role.LOAD if lane == LOAD_LANE else Role.PROBE,
                    requests=requests,
                    failed=failed,
                    unknown=len(mine) - failed,
                    unsent=0,
                    error_rate_upper_95=min(1.0, (3 + 2 * len(mine)) / max(requests, 1)),
                    latency_ms_p50=31.4,
                    latency_ms_p95=64.0,
                    latency_ms_p99=6400.0 if had_failures else 82.1,
                    latency_ms_max=7900.0 if had_failures else 97.0,
                    gap_s_max=2.4 if had_failures else 1 / rate_hz + 0.03,
                    detectable_outage_s=1 / rate_hz + 0.02,
                )
            )
    return tuple(stats)


def series(failures: Sequence[dict[str, Any]], steps: Sequence[Span]) -> Series:
    bucket_ns = 500_000_000
    rate, latency, answers = [], [], []
    stops = [s.start_ns for s in steps if s.step == "stop"]
    proofs = [s.end_ns for s in steps if s.step == "prove"]
    for number in range(44, 270):
        bucket = at(number / 2)
        on_new = sum(end_ns <= bucket for end_ns in proofs)
        on_old = len(NODES) - sum(start_ns <= bucket for start_ns in stops)
        due = 10 + round(2 * math.sin(number * 1.7))
        share_new = on_new / max(on_new + on_old, 1)
        failed = sum(bucket <= row["intended_ns"] < bucket + bucket_ns for row in failures)
        of_new = round((due - failed) * share_new)
        rate += [
            {"bucket": bucket, "release": OLD, "requests": due - failed - of_new, "failed": 0},
            {"bucket": bucket, "release": NEW, "requests": of_new, "failed": 0},
            {"bucket": bucket, "release": "none", "requests": failed, "failed": failed},
        ]
        busy = 2.2 if any(abs(bucket - start_ns) < 6e9 for start_ns in stops) else 1.0
        p50 = (29 + 6 * math.sin(number * 0.9)) * busy**0.4
        p99 = (74 + 22 * math.sin(number * 2.3)) * busy
        hang = 40.0 if failed else 1.0
        answers += [{"intended_ns": bucket + place * 50_000_000, "latency_ms": p50} for place in range(9)]
        answers.append({"intended_ns": bucket + 450_000_000, "latency_ms": p99 * 1.35 * hang})
        if number % 10 == 4:  # of five seconds
            latency.append({"bucket": bucket, "latency_ms_p50": p50, "latency_ms_p99": p99 * hang**0.8})
    columns = [
        "intended_ns",
        "lane",
        "op",
        "connection",
        "outcome",
        "error",
        "status",
        "detail",
        "node",
        "release",
        "request_id",
        "latency_ms",
    ]
    return Series(
        bucket_ns,
        pd.DataFrame(rate),
        pd.DataFrame(latency),
        pd.DataFrame(list(failures), columns=columns),
        latency_ns=10 * bucket_ns,
        answers=pd.DataFrame(answers),
    )
