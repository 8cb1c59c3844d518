"""A valid request that a node refuses is on record beside the checks that it hindered."""

from __future__ import annotations

from harness.evidence.continuity import CellOutcome, Check, Refusal
from harness.evidence.names import Phase
from tests.keystone_double.node import OLD
from tests.procedure.continuity.test_checks import Lab, lab

__all__ = ["lab"]


def refusals(lab: Lab) -> set[tuple[str, str | None, str, int, str]]:
    return {
        (each.node, each.release, each.asked, each.status, each.said)
        for each in (cell.refused for cell in lab.cells)
        if each is not None
    }


def test_what_was_refused_is_told_with_who_refused_it_and_what_he_said_without_secrets(lab: Lab) -> None:
    lab.old.faults.add("mixes_up_callers")

    lab.checks.check_mixed(Phase.ROLL, "node1")

    hindered = [cell for cell in lab.cells if cell.refused is not None]
    assert {(cell.check, cell.checked_at.node, cell.outcome) for cell in hindered} == {
        (Check.APPLICATION_CREDENTIAL, "node1", CellOutcome.UNKNOWN),
        (Check.TRUST, "node1", CellOutcome.UNKNOWN),
    }
    assert refusals(lab) == {
        (
            "node2",
            OLD,
            "create an application credential",
            400,
            "Could not find role assignment with role: 5fa4, password=[hidden]",
        )
    }
    (first, second) = (cell.refused for cell in hindered)
    assert isinstance(first, Refusal)
    assert first == second
    assert first.request_id


def test_a_node_that_gives_no_answer_has_refused_nothing(lab: Lab) -> None:
    lab.old.faults.add("POST /v3/users")

    lab.checks.check_mixed(Phase.ROLL, "node1")

    assert any(cell.outcome == CellOutcome.UNKNOWN for cell in lab.cells)
    assert refusals(lab) == set()


def test_an_admin_who_is_refused_is_a_valid_request_refused_and_nothing_else_is_asked_there(lab: Lab) -> None:
    lab.old.faults.add("refuses_admin")

    made = lab.checks.make_cohort()
    lab.checks.check_cohort(Phase.EXPAND)

    assert made["made"] == 2
    assert refusals(lab) == {("node2", OLD, "log the admin in", 500, "{}")}


def test_where_no_node_logs_the_admin_in_the_cohort_that_is_missing_says_why(lab: Lab) -> None:
    for node in (lab.new, lab.old):
        node.faults.add("refuses_admin")

    lab.checks.make_cohort()
    for node in (lab.new, lab.old):
        node.faults.clear()
    lab.checks.check_cohort(Phase.EXPAND)

    assert {cell.detail for cell in lab.cells} == {
        "there is no cohort: node1 answered 500 when asked to log the admin in"
    }
    assert {(node, asked, status) for node, _, asked, status, _ in refusals(lab)} == {
        ("node1", "log the admin in", 500)
    }


def test_a_login_with_a_wrong_password_that_is_answered_oddly_was_no_valid_request(lab: Lab) -> None:
    lab.old.faults.add("stumbles_over_wrong_passwords")

    lab.checks.check_mixed(Phase.ROLL, "node1")

    assert any(cell.outcome == CellOutcome.UNKNOWN for cell in lab.cells)
    assert refusals(lab) == set()
