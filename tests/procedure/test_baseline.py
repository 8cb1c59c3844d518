from __future__ import annotations

from typing import Any

from harness.procedure.baseline import objection
from harness.scenario import JudgeSettings

PROBES = frozenset({"token_issue/new"})
MS = 1_000_000


def _row(
    latency_ms: int = 20, lag_ms: int = 1, outcome: str = "ok", lane: str = "token_issue/new"
) -> dict[str, Any]:
    error = None if outcome == "ok" else "http_5xx"
    times = {"intended_ns": 0, "start_ns": lag_ms * MS, "end_ns": latency_ms * MS}
    return {"lane": lane, "outcome": outcome, "error": error, **times}


def _says(*rows: dict[str, Any]) -> str | None:
    return objection(rows, PROBES, JudgeSettings())


def test_a_quick_baseline_without_failures_is_fit() -> None:
    assert _says(*[_row()] * 100) is None


def test_one_failed_request_is_an_objection() -> None:
    said = _says(*[_row()] * 99, _row(outcome="failed"))
    assert said == "1 of 100 requests failed (first: token_issue/new, http_5xx)"


def test_a_request_that_could_not_be_sent_is_an_objection() -> None:
    assert _says(_row(), _row(outcome="unsent")) == "1 of 2 requests that were due could not be sent"


def test_a_slow_baseline_is_an_objection() -> None:
    said = _says(*[_row(latency_ms=1500)] * 100)
    assert said == (
        "the 99th percentile of the probes' latency was 1500 ms (judge.baseline_p99_ms_max is 1000)"
    )


def test_slow_requests_of_the_load_itself_are_none() -> None:
    assert _says(_row(), _row(latency_ms=5000, lane="load/user_create/reused")) is None


def test_a_late_generator_is_an_objection() -> None:
    said = _says(*[_row(lag_ms=300, latency_ms=320)] * 10)
    assert said == "the generator sent up to 300 ms late at the 99th percentile (judge.lag_p99_ms_max is 100)"


def test_a_baseline_without_probes_is_an_objection() -> None:
    assert _says() == "no probe was answered"


def test_pings_of_the_reference_target_are_not_counted_among_the_requests() -> None:
    ping = {**_row(lane="reference/ping/new"), "op": "ping"}
    said = _says(*[_row()] * 9, _row(outcome="failed"), *[ping] * 90)
    assert said == "1 of 10 requests failed (first: token_issue/new, http_5xx)"
    assert _says(_row(), {**ping, "outcome": "failed"}) is None
