"""What a control's verdict holds besides what was expected: its faults' doing, or nobody's."""

from __future__ import annotations

from typing import Any

from harness.controls.injected import Injected
from harness.controls.matching import Judged, Result, Row, match
from harness.scenario.expectation import Expectation
from tests.controls.test_matching import S, expected, freeze, judged_as, outage, stall

DELETED = Injected("delete_user", 1, "baseline", None, 10 * S, 10 * S)


def lost(name: str) -> dict[str, Any]:
    """A finding of integrity: it begins with the write that is not honoured, and has no end."""
    return {"sentence": f"User {name} is lost.", "verdict": "FAIL", "start_ns": 5 * S, "end_ns": None}


def verdict(**questions: list[dict[str, Any]]) -> Judged:
    asked = {name: {"verdict": "FAIL", "findings": found} for name, found in questions.items()}
    return judged_as({"verdict": "FAIL", "questions": asked})


def last_row(expectation: Expectation, injected: list[Injected], judged: Judged) -> Row:
    return match("mine", expectation, injected, judged, 0.1)[-1]


def told(expectation: Expectation, injected: list[Injected], judged: Judged) -> tuple[str, Result, str]:
    row = last_row(expectation, injected, judged)
    return row.what, row.result, row.words


LOST = expected("delete_user", question="integrity", measure="none", phase=None, reason="lost")


# --- explained


def test_where_nothing_but_the_expected_was_found_the_table_says_so() -> None:
    judged = verdict(availability=[stall(10, 11)])

    assert told(expected(), [freeze(10, 11)], judged) == (
        "besides: 0 explained, 0 not",
        Result.AS_DECLARED,
        "all is explained",
    )


def test_whatever_was_found_while_a_fault_lasted_is_its_doing_and_counted() -> None:
    node_slow_to_answer = {"sentence": "A step failed.", "verdict": "FAIL"} | {
        "start_ns": round(10.2 * S),
        "end_ns": 11 * S,
    }
    judged = verdict(
        availability=[stall(10, 11), outage(10.5, 10.6, phase="roll"), outage(11.9, 12.0, phase="roll")],
        procedure=[node_slow_to_answer],
    )

    assert told(expected(), [freeze(10, 11)], judged)[:2] == (
        "besides: 3 explained, 0 not",
        Result.AS_DECLARED,
    )


def test_what_tells_no_time_is_explained_in_a_question_where_something_is_expected() -> None:
    early = Injected("contract_early", 1, "contract", None, 10 * S, 10 * S)
    out_of_order = {"sentence": "The phases were not taken in order.", "verdict": "FAIL"}
    expectation = expected(
        "contract_early", question="procedure", measure="none", phase=None, reason="before"
    )
    began = {"sentence": "Contract began before node-1.", "verdict": "FAIL"}

    assert told(expectation, [early], verdict(procedure=[out_of_order, began]))[0] == (
        "besides: 1 explained, 0 not"
    )


def test_an_expectation_of_no_fault_explains_what_tells_no_time_in_its_question() -> None:
    judged = verdict(
        coverage=[{"sentence": "One.", "verdict": "FAIL"}, {"sentence": "Two.", "verdict": "FAIL"}]
    )
    expectation = expected(None, question="coverage", measure="none", phase=None, reason="One")

    assert told(expectation, [], judged)[0] == "besides: 1 explained, 0 not"


def test_the_pieces_in_which_a_fault_is_found_are_all_expected() -> None:
    pieces = [outage(10.1, 10.3, "timeout"), outage(10.9, 11.2, "timeout")]

    assert told(expected(measure="span", error="timeout"), [freeze(10, 12)], verdict(availability=pieces))[
        0
    ] == ("besides: 0 explained, 0 not")


def test_an_advisory_question_and_what_is_not_charged_are_not_counted() -> None:
    judged = judged_as(
        {
            "verdict": "FAIL",
            "questions": {
                "availability": {
                    "verdict": "FAIL",
                    "findings": [stall(10, 11), stall(30, 31, verdict="INCONCLUSIVE")],
                },
                "impact": {"verdict": "FAIL", "advisory": True, "findings": [stall(40, 41)]},
            },
        }
    )

    assert told(expected(), [freeze(10, 11)], judged)[0] == "besides: 0 explained, 0 not"


def test_a_killed_node_is_felt_until_it_has_loaded_again() -> None:
    killed = Injected("kill_node", 1, "cooldown", "node-2", 10 * S, 13 * S, "kill_node")
    expectation = expected("kill_node", measure="span", error="http_5xx", tolerance_intervals=2)
    judged = verdict(availability=[outage(10, 13), outage(18, 18.1, "timeout"), outage(29, 29.1, "timeout")])

    assert told(expectation, [killed], judged)[0] == "besides: 1 explained, 1 not"


# --- unexplained


def test_an_alarm_at_another_time_makes_the_control_not_as_declared() -> None:
    judged = verdict(availability=[stall(10, 11), stall(30, 31)])

    assert told(expected(), [freeze(10, 11)], judged) == (
        "besides: 0 explained, 1 not",
        Result.UNEXPLAINED,
        "no injection explains: token_validate/new had no success for 1.00 s although requests were due",
    )


def test_a_second_lost_user_where_one_was_deleted_is_unexplained() -> None:
    judged = verdict(integrity=[lost("alice"), lost("bob")])

    assert told(LOST, [DELETED], judged) == (
        "besides: 0 explained, 1 not",
        Result.UNEXPLAINED,
        "no injection explains: User bob is lost.",
    )


def test_two_deleted_users_explain_two_that_are_lost() -> None:
    again = Injected("delete_user", 2, "baseline", None, 12 * S, 12 * S)
    judged = verdict(integrity=[lost("alice"), lost("bob")])

    assert last_row(LOST, [DELETED, again], judged).result is Result.AS_DECLARED


def test_a_fault_of_an_instant_explains_nothing_in_a_question_where_nothing_is_expected_of_it() -> None:
    judged = verdict(integrity=[lost("alice")], availability=[outage(20, 21)])

    assert told(LOST, [DELETED], judged)[0] == "besides: 0 explained, 1 not"


def test_a_fault_of_an_instant_explains_nothing_that_came_before_it() -> None:
    keys = Injected("different_keys", 1, "roll", "node-2", 10 * S, 10 * S)
    expectation = expected("different_keys", measure="none", phase="roll", error="http_4xx")
    refused = outage(17, 18, "http_4xx", phase="roll")
    judged = verdict(availability=[outage(8, 9, phase="roll"), refused, outage(19, 20, phase="cooldown")])

    assert told(expectation, [keys], judged)[0] == "besides: 1 explained, 1 not"


def test_a_finding_without_a_time_is_unexplained_where_its_question_is_not_expected() -> None:
    judged = verdict(availability=[stall(10, 11)], procedure=[{"sentence": "A node.", "verdict": "FAIL"}])

    assert told(expected(), [freeze(10, 11)], judged)[2] == "no injection explains: A node."


# --- undecided


def test_what_was_found_in_a_control_whose_fault_was_never_injected_is_unexplained() -> None:
    judged = verdict(availability=[stall(10, 11)])

    rows = match("mine", expected(), [], judged, 0.1)
    assert [row.result for row in rows] == [Result.AS_DECLARED, Result.UNDECIDED, Result.UNEXPLAINED]


def test_of_a_run_that_was_not_judged_nothing_is_known_besides() -> None:
    rows = match("mine", expected(), [freeze(10, 11)], None, 0.1)
    assert [row.result for row in rows] == [Result.UNDECIDED, Result.UNDECIDED]
