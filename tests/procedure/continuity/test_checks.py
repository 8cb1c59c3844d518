"""Each check comes out broken at a node that misbehaves in just that way, and only that check does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.continuity import (
    COHORT_CHECKS,
    PAIR_CHECKS,
    Cell,
    CellOutcome,
    Check,
    Place,
    read_cells,
)
from harness.evidence.names import Phase
from harness.procedure.continuity import Continuity, OthersDrops
from harness.procedure.continuity.pace import Pace
from tests.keystone_double.node import ADMIN, NEW, OLD, Memory, PretendedNode

WITHIN_S = 0.15
"""How long the checks look for a refusal here: the doubles change at once or never."""


class Lab:
    """Two nodes, the first rolled already, and the checks between them."""

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger"
        self.memory = Memory()
        self.new = PretendedNode("node1", NEW, self.memory)
        self.old = PretendedNode("node2", OLD, self.memory)
        self.file = folder / "continuity.jsonl"
        self.checks = Continuity(
            (self.new, self.old),  # type: ignore[arg-type]
            ADMIN,
            WITHIN_S,
            self.file,
            dropped=OthersDrops(self.ledger),
            pace=Pace(10_000, 6),
            sleep=lambda seconds: time.sleep(min(seconds, 0.02)),
        )

    @property
    def cells(self) -> tuple[Cell, ...]:
        return read_cells(self.file).cells

    def found(self, outcome: CellOutcome) -> set[tuple[str, str, bool | None]]:
        """Check, node at which it was looked for, and cache, of the cells that came out so."""
        return {(c.check, c.checked_at.node, c.cached) for c in self.cells if c.outcome == outcome}

    def close(self) -> None:
        self.checks.close()
        self.new.close()
        self.old.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    made.close()


def test_healthy_nodes_honour_everything_in_both_directions(lab: Lab) -> None:
    counts = lab.checks.check_mixed(Phase.ROLL, "node1")

    assert counts == {"ok": 42, "broken": 0, "unknown": 0}
    for made, checked in (
        (Place("node1", NEW), Place("node2", OLD)),
        (Place("node2", OLD), Place("node1", NEW)),
    ):
        cells = [c for c in lab.cells if (c.made_at, c.checked_at) == (made, checked)]
        assert {c.check for c in cells} == set(PAIR_CHECKS)
        assert {c.cached for c in cells if c.check == Check.TOKEN_VALIDATES} == {True, False}
    assert {(c.phase, c.step) for c in lab.cells} == {("roll", "check_continuity")}
    assert all(c.request_id for c in lab.cells)


CHANGES = frozenset(
    {
        Check.OLD_PASSWORD_REFUSED,
        Check.REVOKED_TOKEN_REFUSED,
        Check.DISABLED_TOKEN_REFUSED,
        Check.DISABLED_LOGIN_REFUSED,
        Check.DELETED_TOKEN_REFUSED,
        Check.DELETED_LOGIN_REFUSED,
        Check.ROLE_GRANTED,
        Check.ROLE_REVOKED,
    }
)


def test_changes_are_timed_and_nothing_else_is(lab: Lab) -> None:
    lab.checks.check_mixed(Phase.ROLL, "node1")

    assert {c.check for c in lab.cells if c.took_s is not None} == CHANGES


FAULTS: dict[str, set[tuple[Check, bool | None]]] = {
    "refuses_cold_tokens": {(Check.TOKEN_VALIDATES, False)},
    "mistakes_tokens": {
        (Check.TOKEN_VALIDATES, True),
        (Check.TOKEN_VALIDATES, False),
        (Check.NEW_PASSWORD_WORKS, None),
    },
    "hides_users": {(Check.USER_READS, None)},
    "refuses_60_bytes": {(Check.PASSWORD_60_BYTES, None)},
    "refuses_80_bytes": {(Check.PASSWORD_80_BYTES, None), (Check.PASSWORD_TAIL_80_BYTES, None)},
    "refuses_non_ascii": {(Check.PASSWORD_NON_ASCII, None)},
    "refuses_new_passwords": {(Check.NEW_PASSWORD_WORKS, None)},
    "takes_old_passwords": {(Check.OLD_PASSWORD_REFUSED, None)},
    "honours_revoked": {(Check.REVOKED_TOKEN_REFUSED, None)},
    "honours_disabled": {(Check.DISABLED_TOKEN_REFUSED, None)},
    "logs_in_disabled": {(Check.DISABLED_LOGIN_REFUSED, None)},
    "honours_deleted": {(Check.DELETED_TOKEN_REFUSED, None)},
    "logs_in_deleted": {(Check.DELETED_LOGIN_REFUSED, None)},
    "sees_no_new_roles": {(Check.ROLE_GRANTED, None)},
    "keeps_lost_roles": {(Check.ROLE_REVOKED, None)},
    "refuses_credentials": {(Check.APPLICATION_CREDENTIAL, None)},
    "refuses_trusts": {(Check.TRUST, None)},
    "has_another_catalog": {(Check.CATALOG, None)},
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_node_that_misbehaves_in_one_way_breaks_just_that_check(lab: Lab, fault: str) -> None:
    lab.old.faults.add(fault)

    lab.checks.check_mixed(Phase.ROLL, "node1")

    broken = lab.found(CellOutcome.BROKEN)
    assert {each for each in broken if each[1] == "node2"} == {
        (check, "node2", cached) for check, cached in FAULTS[fault]
    }
    # The other node is to blame for nothing but a comparison, which has two sides.
    assert {check for check, node, _ in broken if node == "node1"} <= {
        Check.CATALOG,
        Check.NEW_PASSWORD_WORKS,
        Check.PASSWORD_TAIL_80_BYTES,
    }


def test_a_node_with_other_keys_validates_nothing_that_the_other_issued(lab: Lab) -> None:
    lab.old.faults.add("refuses_foreign_tokens")

    lab.checks.check_mixed(Phase.ROLL, "node1")

    assert {(Check.TOKEN_VALIDATES, "node2", True), (Check.TOKEN_VALIDATES, "node2", False)} == lab.found(
        CellOutcome.BROKEN
    )
    # A refusal by a node that refuses everything would prove nothing.
    assert (Check.REVOKED_TOKEN_REFUSED, "node2", None) in lab.found(CellOutcome.UNKNOWN)


def test_a_node_that_logs_in_no_user_of_the_other_is_broken_and_proves_no_refusal(lab: Lab) -> None:
    lab.old.faults.add("refuses_foreign_logins")

    lab.checks.check_mixed(Phase.ROLL, "node1")

    assert (Check.USER_LOGS_IN, "node2", None) in lab.found(CellOutcome.BROKEN)
    assert {
        (Check.OLD_PASSWORD_REFUSED, "node2", None),
        (Check.DISABLED_LOGIN_REFUSED, "node2", None),
        (Check.DELETED_LOGIN_REFUSED, "node2", None),
    } <= lab.found(CellOutcome.UNKNOWN)


def test_a_release_that_cuts_passwords_shorter_is_told_by_the_wrong_password_it_takes(lab: Lab) -> None:
    lab.old.cut_bytes = 54

    lab.checks.check_mixed(Phase.ROLL, "node1")

    tails = {(Check.PASSWORD_TAIL_60_BYTES, node, None) for node in ("node1", "node2")}
    assert lab.found(CellOutcome.BROKEN) == tails
    (cell,) = (
        c for c in lab.cells if (c.check, c.checked_at.node) == (Check.PASSWORD_TAIL_60_BYTES, "node2")
    )
    assert cell.detail == "node1 answered 401, node2 answered 201"


def test_a_wrong_tail_that_both_take_is_told_and_not_broken(lab: Lab) -> None:
    lab.checks.check_mixed(Phase.ROLL, "node1")

    told = {(c.check, c.detail) for c in lab.cells if "tail" in c.check}
    assert told == {
        (Check.PASSWORD_TAIL_60_BYTES, "refused by both"),
        (Check.PASSWORD_TAIL_80_BYTES, "accepted by both"),
    }


def test_every_check_between_nodes_has_a_misbehaving_double() -> None:
    told = {check for checks in FAULTS.values() for check, _ in checks}
    assert set(PAIR_CHECKS) - told == {Check.USER_LOGS_IN, Check.PASSWORD_TAIL_60_BYTES}  # tests of their own


def test_what_cannot_be_made_leaves_its_checks_unknown_with_the_reason(lab: Lab) -> None:
    lab.old.faults.add("creates_no_users")

    lab.checks.check_mixed(Phase.ROLL, "node1")

    unknown = [c for c in lab.cells if c.outcome == CellOutcome.UNKNOWN]
    assert {c.checked_at.node for c in unknown} == {"node1"}
    assert {c.check for c in unknown} == set(PAIR_CHECKS) - {Check.CATALOG}
    assert {c.detail for c in unknown} == {"node2 answered 503 when asked to create a user"}
    assert lab.found(CellOutcome.BROKEN) == set()


def test_a_node_that_gives_no_answer_is_unknown_and_not_broken(lab: Lab) -> None:
    lab.old.faults.add("GET /v3/users")

    lab.checks.check_mixed(Phase.ROLL, "node1")

    assert lab.found(CellOutcome.BROKEN) == set()
    assert lab.found(CellOutcome.UNKNOWN) == {(Check.USER_READS, "node2", None)}
    (cell,) = (c for c in lab.cells if c.outcome == CellOutcome.UNKNOWN)
    assert cell.detail == "did not answer (RemoteDisconnected)"


def test_a_node_that_refuses_the_admin_leaves_all_its_checks_unknown(lab: Lab) -> None:
    lab.old.faults.add("refuses_admin")

    counts = lab.checks.check_mixed(Phase.ROLL, "node1")

    assert counts == {"ok": 0, "broken": 0, "unknown": 42}
    assert {c.detail for c in lab.cells} == {"node2 answered 500 when asked to log the admin in"}


def test_an_admin_that_is_refused_is_not_taken_for_a_refused_token(lab: Lab) -> None:
    lab.checks.check_mixed(Phase.ROLL, "node1")  # the admin is logged in, the fixture is made
    trial = lab.checks._trial(
        lab.checks._apis["node1"],
        lab.checks._apis["node2"],
        _fixture(lab),
        Phase.ROLL,
        "s",  # type: ignore[arg-type]
    )
    lab.old.faults.add("forgets_admin")

    assert not trial.refuses_token(trial.checked.validate("any"))


def _fixture(lab: Lab) -> Any:
    return lab.checks._fixture


def test_an_empty_catalog_proves_nothing(lab: Lab) -> None:
    lab.old.faults.add("has_no_catalog")

    lab.checks.check_mixed(Phase.ROLL, "node1")

    assert (Check.CATALOG, "node1", None) in lab.found(CellOutcome.UNKNOWN)
    assert (Check.CATALOG, "node2", None) in lab.found(CellOutcome.BROKEN)


def test_the_release_is_what_the_answer_names(lab: Lab) -> None:
    lab.old.release = None

    lab.checks.check_mixed(Phase.ROLL, "node1")

    assert {c.checked_at for c in lab.cells} == {Place("node1", NEW), Place("node2", None)}


def test_no_secret_is_in_the_evidence(lab: Lab) -> None:
    lab.checks.make_cohort()
    lab.checks.check_cohort(Phase.EXPAND)
    lab.checks.check_mixed(Phase.ROLL, "node1")

    text = lab.file.read_text(encoding="utf-8")
    secrets = [
        *lab.memory.tokens,
        *(person.password for person in lab.memory.people.values()),
        ADMIN.password,
    ]
    assert len(secrets) > 50
    assert [secret for secret in secrets if secret and secret in text] == []
    assert lab.file.stat().st_mode & 0o777 == 0o600


# --- the cohort


def test_the_cohort_is_validated_at_every_node_and_logs_in_at_all_of_them_in_turn(lab: Lab) -> None:
    assert lab.checks.make_cohort() == {"made": 4, "objections": []}

    for phase in (Phase.PREFLIGHT, Phase.EXPAND):
        assert lab.checks.check_cohort(phase) == {"ok": 12, "broken": 0, "unknown": 0}

    cells = [c for c in lab.cells if c.phase == "expand"]
    assert {(c.detail, c.checked_at.node) for c in cells if c.check == Check.COHORT_TOKEN} == {
        (kind, node)
        for kind in ("ordinary", "60_bytes", "80_bytes", "non_ascii")
        for node in ("node1", "node2")
    }
    logins = {(c.detail, c.checked_at.node) for c in lab.cells if c.check == Check.COHORT_LOGIN}
    assert len(logins) == 8
    assert {c.step for c in lab.cells} == {"check_cohort"}


@pytest.mark.parametrize(
    ("fault", "check"),
    [("refuses_foreign_tokens", Check.COHORT_TOKEN), ("refuses_foreign_logins", Check.COHORT_LOGIN)],
)
def test_a_cohort_that_is_no_longer_honoured_is_broken(lab: Lab, fault: str, check: Check) -> None:
    lab.checks.make_cohort()
    lab.old.faults.add(fault)

    lab.checks.check_cohort(Phase.ROLL)
    lab.checks.check_cohort(Phase.CONTRACT)

    assert lab.found(CellOutcome.BROKEN) == {(check, "node2", None)}
    assert all(c.detail and c.detail.endswith(("404", "401")) for c in lab.cells if c.outcome == "broken")


def test_a_member_that_could_not_be_made_is_unknown_in_every_phase(lab: Lab) -> None:
    lab.old.faults.add("creates_no_users")
    made = lab.checks.make_cohort()
    lab.old.faults.clear()

    lab.checks.check_cohort(Phase.EXPAND)

    assert made["made"] == 2
    unknown = {(c.check, c.detail) for c in lab.cells if c.outcome == CellOutcome.UNKNOWN}
    assert unknown == {
        (check, f"{kind}: node2 answered 503 when asked to create a user")
        for check in COHORT_CHECKS
        for kind in ("60_bytes", "non_ascii")
    }


def test_a_cohort_that_was_never_made_is_unknown_not_forgotten(lab: Lab) -> None:
    assert lab.checks.check_cohort(Phase.EXPAND) == {"ok": 0, "broken": 0, "unknown": 4}
    assert {c.detail for c in lab.cells} == {"there is no cohort: it was never made"}


def test_a_token_whose_life_ends_is_renewed_as_that_is_no_fault_of_the_upgrade(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.procedure.continuity import cohort

    lab.checks.make_cohort()
    monkeypatch.setattr(cohort, "_is_ending", lambda *_: True)

    counts = lab.checks.check_cohort(Phase.EXPAND)

    assert counts["broken"] == counts["unknown"] == 0
    details = {c.detail for c in lab.cells if c.check == Check.COHORT_TOKEN}
    assert "ordinary, renewed as its life had ended" in details
