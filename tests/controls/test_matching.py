"""What was injected against what was found: found, missed, and undecided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from harness.controls.injected import Injected, injections
from harness.controls.matching import Judged, Result, Row, match
from harness.controls.run import rows_of
from harness.controls.table import markdown
from harness.evidence.journal import Journal, read_journal
from harness.evidence.names import Edge, Phase, Step
from harness.evidence.rundir import RunDirectory
from harness.evidence.verdict_file import VerdictFile
from harness.scenario import parse_scenario
from harness.scenario.expectation import Expectation, ExpectedFinding

S = 1_000_000_000
LANE = "token_validate/new"


def stall(start_s: float, end_s: float, **more: Any) -> dict[str, Any]:
    sentence = f"{LANE} had no success for {end_s - start_s:.2f} s although requests were due"
    times = {"start_ns": round(start_s * S), "end_ns": round(end_s * S)}
    return {"sentence": sentence, "verdict": "FAIL", "phase": "cooldown", "lane": LANE} | times | more


def outage(start_s: float, end_s: float, error: str = "http_5xx", **more: Any) -> dict[str, Any]:
    return stall(start_s, end_s, sentence=f"An outage: 3 requests failed (3 {error})", error=error, **more)


def judged_as(document: dict[str, Any]) -> Judged:
    """A verdict, with the keys of its file that matter here."""
    return Judged.of(VerdictFile.model_validate(document))


def verdict(*findings: dict[str, Any], latency_ms: float = 20.0) -> Judged:
    worst = "FAIL" if findings else "PASS"
    return judged_as(
        {
            "verdict": worst,
            "questions": {"availability": {"verdict": worst, "findings": list(findings)}},
            "phases": {"baseline": {"lanes": {LANE: {"latency_ms_p50": latency_ms}}}},
        }
    )


def freeze(begin_s: float, end_s: float, fault: str = "freeze_all") -> Injected:
    return Injected(fault, 1, "cooldown", None, round(begin_s * S), round(end_s * S))


def expected(fault: str | None = "freeze_all", **finding: Any) -> Expectation:
    found = {"question": "availability", "fault": fault, "measure": "stall", "phase": "cooldown"} | finding
    return Expectation(verdict="FAIL", findings=(ExpectedFinding.model_validate(found),))


def sought(expectation: Expectation, injected: list[Injected], judged: Judged | None) -> Row:
    """The row after the verdict's."""
    return match("mine", expectation, injected, judged, 0.1)[1]


# --- found


def test_a_stall_of_the_injected_length_is_as_declared() -> None:
    row = sought(expected(), [freeze(10, 11)], verdict(stall(10.002, 11.032)))
    assert row.result is Result.AS_DECLARED
    assert (row.injected_s, row.tolerance_s) == (1.0, 0.1)
    assert row.found_s is not None
    assert row.error_s is not None
    assert round(row.found_s, 6) == 1.01, "less the 20 ms that an answer takes anyway"
    assert round(row.error_s, 6) == 0.01


def test_a_stall_may_have_begun_while_its_first_request_was_being_answered() -> None:
    """Due 25 ms before the freeze, of which an answer takes 20 as a rule."""
    row = sought(expected(), [freeze(10, 11)], verdict(stall(9.975, 11.02)))
    assert row.edges_s is not None
    assert tuple(round(edge, 6) for edge in row.edges_s) == (-0.005, 0.0)
    assert round(row.found_s or 0, 6) == 1.005


def test_each_of_several_injections_is_matched_with_the_finding_of_its_own_time() -> None:
    injected = [freeze(10, 10.3, "short"), freeze(15, 20, "long")]
    judged = verdict(stall(10.0, 10.33), stall(15.0, 20.04))
    rows = [match("mine", expected(fault), injected, judged, 0.1)[1] for fault in ("short", "long")]
    assert [round(row.found_s or 0, 2) for row in rows] == [0.31, 5.02]
    assert {row.result for row in rows} == {Result.AS_DECLARED}


def test_a_frozen_node_is_found_shorter_by_the_deadline_and_in_pieces() -> None:
    pieces = [outage(10.1, 10.3, "timeout"), outage(10.9, 11.2, "timeout"), outage(11.9, 12.1, "timeout")]
    expectation = expected(measure="span", shorter_by_s=1, error="timeout", tolerance_intervals=2)
    row = sought(expectation, [freeze(10, 13)], verdict(*pieces))
    assert row.result is Result.AS_DECLARED
    assert (row.injected_s, row.found_s) == (3.0, 2.0)


def test_what_happens_in_an_instant_may_be_felt_later() -> None:
    keys = Injected("different_keys", 1, "roll", "node-2", 10 * S, 10 * S)
    expectation = expected("different_keys", measure="none", error="http_4xx")
    row = sought(expectation, [keys], verdict(outage(17, 18, "http_4xx")))
    assert (row.result, row.injected_s, row.error_s) == (Result.AS_DECLARED, None, None)


def test_a_null_run_that_passes_is_as_declared() -> None:
    rows = match("null", Expectation(verdict="PASS"), [], verdict(), 0.1)
    assert [(row.what, row.result, row.words) for row in rows] == [("verdict", Result.AS_DECLARED, "PASS")]


# --- missed


def test_a_freeze_that_was_not_found_is_missed() -> None:
    row = sought(expected(), [freeze(10, 11)], verdict())
    assert (row.result, row.words) == (Result.MISSED, "availability found nothing at that time")


def test_a_finding_at_another_time_is_not_the_one() -> None:
    row = sought(expected(), [freeze(10, 11)], verdict(stall(30, 31)))
    assert (row.result, row.words) == (Result.MISSED, "availability found nothing at that time")


def test_a_wrong_length_is_told() -> None:
    row = sought(expected(), [freeze(10, 11)], verdict(stall(10, 11.27)))
    assert row.result is Result.MISSED
    assert row.words.startswith("the length is off by +0.250 s, more than 0.100 s: ")


def test_the_right_length_at_the_wrong_time_is_told() -> None:
    row = sought(expected(), [freeze(10, 11)], verdict(stall(10.15, 11.17)))
    assert row.result is Result.MISSED
    assert row.words.startswith("its begin is off by +0.150 s, more than 0.100 s: ")


def test_a_wrong_phase_node_error_or_reason_is_told() -> None:
    words = [
        sought(expected(**wanted), [freeze(10, 11)], verdict(outage(10, 11, node="node-1"))).words
        for wanted in ({"phase": "roll"}, {"node": "node-2"}, {"error": "timeout"}, {"reason": "stall"})
    ]
    assert [text.partition(": An outage")[0] for text in words] == [
        "its phase is cooldown, declared roll",
        "its node is node-1, declared node-2",
        "its error is http_5xx, declared timeout",
        "it does not say 'stall'",
    ]


def test_a_run_that_fails_where_it_must_pass_is_a_false_alarm() -> None:
    row = match("null", Expectation(verdict="PASS"), [], verdict(stall(1, 2)), 0.1)[0]
    assert (row.result, row.words) == (
        Result.MISSED,
        "FAIL, declared PASS: token_validate/new had no success for 1.00 s although requests were due",
    )


def test_what_is_not_charged_counts_as_not_found() -> None:
    excused = stall(10, 11, verdict="INCONCLUSIVE")
    assert sought(expected(), [freeze(10, 11)], verdict(excused)).result is Result.MISSED


# --- undecided


def test_a_fault_that_was_never_injected_proves_nothing() -> None:
    row = sought(expected(), [], verdict(stall(10, 11)))
    assert (row.result, row.words) == (Result.UNDECIDED, "freeze_all was not injected")


def test_a_run_without_a_verdict_proves_nothing(tmp_path: Path) -> None:
    scenario = parse_scenario({"name": "mine", "expect": expected().model_dump()} | _FAULTS, "mine.toml")
    assert scenario.expect is not None
    for run in (None, RunDirectory(tmp_path)):
        rows = rows_of(scenario, scenario.expect, run)
        assert [(row.result, row.words) for row in rows] == [(Result.UNDECIDED, "the run was not judged")] * 2


_FAULTS = {"faults": [{"kind": "freeze_all", "phase": "cooldown", "after_s": 1, "duration_s": 1}]}


# --- read from the files


def test_only_what_was_measured_counts_as_injected(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    announced = {"fault": "one", "kind": "freeze_all", "number": 1, "node": None}
    journal.write(Edge.NOTE, Phase.COOLDOWN, Step.INJECT, detail=announced)
    journal.write(Edge.NOTE, Phase.COOLDOWN, Step.INJECT, detail=announced | {"begin_ns": 5, "end_ns": 9})
    journal.write(Edge.NOTE, Phase.COOLDOWN, Step.INJECT, detail=announced | {"number": 2})
    journal.write(Edge.NOTE, Phase.COOLDOWN, detail={"words": "something else"})

    found = injections(read_journal(tmp_path / "journal.jsonl").events)
    assert found == (Injected("one", 1, "cooldown", None, 5, 9, "freeze_all"),)


def test_rows_are_made_from_the_files_of_a_run(tmp_path: Path) -> None:
    scenario = parse_scenario({"name": "mine", "expect": expected().model_dump()} | _FAULTS, "mine.toml")
    assert scenario.expect is not None
    run = RunDirectory(tmp_path)
    detail = {"fault": "freeze_all", "number": 1, "begin_ns": 10 * S, "end_ns": 11 * S}
    Journal(run.journal).write(Edge.NOTE, Phase.COOLDOWN, Step.INJECT, detail=detail)
    document = {
        "verdict": "FAIL",
        "questions": {"availability": {"verdict": "FAIL", "findings": [stall(10, 11.1)]}},
        "phases": {},
    }
    run.verdict.write_bytes(orjson.dumps(document))

    assert markdown(rows_of(scenario, scenario.expect, run)) == (
        "| control | what | phase | injected s | found s | error s | edges s | within s | as declared |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
        "| mine | verdict |  |  |  |  |  |  | yes |\n"
        "| mine | freeze_all | cooldown | 1.000 | 1.100 | +0.100 | +0.000, +0.100 | 1.000 | yes |\n"
        "| mine | besides: 0 explained, 0 not |  |  |  |  |  |  | yes |\n"
    )


def test_a_control_that_must_leave_the_run_open_is_held_to_what_leaves_it_open() -> None:
    gap = {"sentence": "somebody was hurt", "verdict": "INCONCLUSIVE", "phase": "cooldown"}
    open_run = judged_as(
        {"verdict": "INCONCLUSIVE", "questions": {"coverage": {"verdict": "INCONCLUSIVE", "findings": [gap]}}}
    )
    wanted = ExpectedFinding(question="coverage", fault="freeze_all", reason="was hurt", phase="cooldown")
    hurt = Expectation(verdict="INCONCLUSIVE", findings=(wanted,))
    failing = Expectation(verdict="FAIL", findings=(wanted,))

    assert [row.result for row in match("c", hurt, [freeze(1, 2)], open_run, 0.1)] == [Result.AS_DECLARED] * 3
    assert [row.result for row in match("c", failing, [freeze(1, 2)], open_run, 0.1)][:2] == [
        Result.MISSED
    ] * 2
    assert match("c", hurt, [freeze(1, 2)], verdict(stall(1, 2)), 0.1)[0].result is Result.MISSED
