"""Old data is made in kinds, and each kind comes out broken at a node that misbehaves in just that way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deployment.abilities import OldRows
from harness.errors import StepError
from harness.evidence.continuity import OLD_DATA_CHECKS, Cell, CellOutcome, Check, read_cells
from harness.evidence.names import Phase
from harness.keystone.channel import Channel
from harness.keystone.endpoint import Endpoint
from harness.procedure.continuity import Continuity, OldData, seed_old_data
from harness.procedure.continuity.node_api import NodeApi
from harness.procedure.continuity.old_kinds import KINDS
from harness.procedure.continuity.old_passwords import OLD_HASHES
from harness.procedure.continuity.pace import Pace
from tests.keystone_double.node import ADMIN
from tests.keystone_double.old_node import OldMemory, OldNode

OLD, NEW = "25.0.0", "27.1.0"
PROJECTS = 12


class Lab:
    """Two nodes of the old release, the first of which is to be rolled."""

    def __init__(self, folder: Path) -> None:
        self.memory = OldMemory()
        self.first = OldNode("node1", OLD, self.memory)
        self.second = OldNode("node2", OLD, self.memory)
        self.file = folder / "continuity.jsonl"

    def seed(self, *, projects: int = PROJECTS, able: OldRows | None = None, none: bool = False) -> OldData:
        channel = Channel(Endpoint.parse(self.first.url), 5.0)
        rows = None if none else able or self.memory
        return seed_old_data(NodeApi("node1", channel, ADMIN), projects, rows)

    def look(self, data: OldData | None, phase: Phase = Phase.ROLL) -> list[Cell]:
        nodes = (self.first, self.second)
        checks = Continuity(nodes, ADMIN, 1.0, self.file, old_data=data, pace=Pace(10_000, 6))  # type: ignore[arg-type]
        checks.check_old_data(phase)
        checks.close()
        return list(read_cells(self.file).cells)

    def close(self) -> None:
        self.first.close()
        self.second.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    made.close()


def found(cells: list[Cell], outcome: CellOutcome) -> set[tuple[str, str]]:
    return {(cell.check, cell.checked_at.node) for cell in cells if cell.outcome == outcome}


def test_every_check_of_old_data_has_a_way_in_which_it_comes_about() -> None:
    assert tuple(check for kind in KINDS for check in kind.checks) == OLD_DATA_CHECKS


def test_each_kind_that_was_made_is_looked_at_once_at_every_node(lab: Lab) -> None:
    made = lab.seed()
    lab.first.release = NEW

    cells = lab.look(made)

    assert found(cells, CellOutcome.OK) == {
        (check, node) for check in OLD_DATA_CHECKS for node in ("node1", "node2")
    }
    assert len(cells) == 2 * len(OLD_DATA_CHECKS)
    assert {(cell.phase, cell.step, cell.made_at.release) for cell in cells} == {
        ("roll", "check_old_data", OLD)
    }
    assert {cell.checked_at.release for cell in cells} == {OLD, NEW}
    told = made.made
    assert told.objects is not None
    assert told.objects == dict.fromkeys(OLD_DATA_CHECKS, 1) | {"old_projects": PROJECTS}
    assert (told.left_out, told.objections) == ({}, {})


FAULTS: dict[str, Check] = {
    **{f"does_not_read_{check}": check for check in OLD_HASHES},
    "has_lost_the_key_of_ec2": Check.OLD_EC2,
    "has_lost_the_key_of_totp": Check.OLD_TOTP,
    "spoils_ec2": Check.OLD_EC2,
    "spoils_cert": Check.OLD_CERT,
    "refuses_trusts": Check.OLD_TRUST,
    "forgets_access_rules": Check.OLD_ACCESS_RULES,
    "forgets_groups": Check.OLD_GROUP_ROLE,
    "forgets_implied_roles": Check.OLD_IMPLIED_ROLE,
    "forgets_domain_roles": Check.OLD_DOMAIN_ROLE,
    "logs_in_disabled": Check.OLD_DISABLED_USER,
    "lets_expired_in": Check.OLD_EXPIRED_PASSWORD,
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_node_that_misbehaves_in_one_way_breaks_just_that_kind(lab: Lab, fault: str) -> None:
    made = lab.seed()
    lab.second.faults.add(fault)

    assert found(lab.look(made), CellOutcome.BROKEN) == {(FAULTS[fault], "node2")}


def test_a_project_that_is_gone_is_missed_by_its_id_and_in_the_list(lab: Lab) -> None:
    made = lab.seed()
    lab.second.faults.add("hides_a_project")

    broken = [cell for cell in lab.look(made) if cell.outcome == CellOutcome.BROKEN]

    assert [(cell.check, cell.detail) for cell in broken] == [
        ("old_project_list", "the same list gives fewer: 12 projects, 13 before"),
        ("old_projects", "answered 404"),
    ]


def test_a_list_that_a_release_cuts_gives_fewer_and_what_it_leaves_out_is_read_by_id(lab: Lab) -> None:
    made = lab.seed()
    lab.second.db_limit = 5

    cells = [cell for cell in lab.look(made) if cell.checked_at.node == "node2"]

    assert {cell.check: cell.detail for cell in cells if cell.outcome == CellOutcome.BROKEN} == {
        "old_project_list": "the same list gives fewer: 5 projects, 13 before"
    }
    assert sum(lab.second.count(f"GET /v3/projects/{key}") for key in lab.memory.projects) == PROJECTS - 5


def test_a_list_that_was_cut_before_the_upgrade_is_held_to_what_it_gave_then(lab: Lab) -> None:
    lab.first.db_limit = lab.second.db_limit = 5
    assert found(lab.look(lab.seed()), CellOutcome.BROKEN) == set()


def test_being_cut_off_at_one_question_alone_is_an_answer_and_says_so(lab: Lab) -> None:
    """What Keystone does not catch closes the connection; a balancer makes a 502 of it."""
    made = lab.seed()
    lab.second.faults.add("does_not_read_old_scrypt")

    broken = next(cell for cell in lab.look(made) if cell.outcome == CellOutcome.BROKEN)

    words = "closed the connection without an answer 3 times, and answered others meanwhile"
    assert (broken.detail, broken.checked_at.release) == (words, OLD)


def test_one_cut_alone_is_an_accident(lab: Lab) -> None:
    from tests.keystone_double.behaviours import cut

    made = lab.seed()
    lab.second.behave("GET /v3/credentials", cut, 1)

    assert found(lab.look(made), CellOutcome.OK) >= {("old_ec2", "node2")}


def test_a_node_that_cuts_everything_is_unknown_of_everything(lab: Lab) -> None:
    made = lab.seed()
    lab.second.faults |= {"GET /v3", "POST /v3"}

    cells = [cell for cell in lab.look(made) if cell.checked_at.node == "node2"]

    assert {cell.outcome for cell in cells} == {CellOutcome.UNKNOWN}
    assert len(cells) == len(OLD_DATA_CHECKS)


def test_before_the_load_and_in_the_roll_every_kind_is_due_and_long_lists_seldom(lab: Lab) -> None:
    made = lab.seed()
    counts = {phase: len(lab.look(made, phase)) for phase in (Phase.SETUP, Phase.EXPAND)}
    both, long_ones = 2 * len(OLD_DATA_CHECKS), 2 * 2
    assert counts == {Phase.SETUP: both, Phase.EXPAND: both + both - long_ones}


# --- what there can not be


def test_a_hash_that_the_old_release_does_not_read_is_left_out_with_that_reason(lab: Lab) -> None:
    """By its source (25.0.0 is the first to read it), and by its answer."""
    lab.first.release = lab.second.release = "23.0.2"
    lab.first.faults.add("does_not_read_old_bcrypt_sha256")

    made = lab.seed()

    assert made.left_out == {Check.OLD_BCRYPT_SHA256: "23.0.2 does not read it"}
    assert (Check.OLD_BCRYPT_SHA256, "node2") not in {
        (cell.check, cell.checked_at.node) for cell in lab.look(made)
    }


def test_a_hash_that_the_old_release_ought_to_read_and_does_not_could_not_be_made(lab: Lab) -> None:
    lab.first.faults.add("does_not_read_old_scrypt")

    made = lab.seed()

    assert made.left_out == {}
    assert made.objections == {
        Check.OLD_SCRYPT: "node1 closed the connection without an answer 3 times, and answered others "
        "meanwhile when it was first asked"
    }


def test_where_no_rows_can_be_written_the_kinds_that_need_them_are_left_out(lab: Lab) -> None:
    made = lab.seed(none=True)

    needing = {*OLD_HASHES, Check.OLD_EXPIRED_PASSWORD, Check.OLD_PROJECTS, Check.OLD_PROJECT_LIST}
    assert made.left_out == dict.fromkeys(
        needing, "this deployment gives no way to write rows behind its API"
    )
    assert {thing.check for thing in made.things} == set(OLD_DATA_CHECKS) - needing
    assert made.objections == {}


def test_no_projects_are_made_where_the_scenario_asks_for_none(lab: Lab) -> None:
    assert lab.seed(projects=0).left_out == dict.fromkeys(
        (Check.OLD_PROJECTS, Check.OLD_PROJECT_LIST),
        "the scenario asks for none (continuity.old_projects = 0)",
    )


class DeadRows(OldMemory):
    def expire_password(self, user_id: str) -> None:
        raise StepError("MariaDB of lab x does not answer")


def test_a_row_that_could_not_be_written_is_told_and_stops_nothing(lab: Lab) -> None:
    dead = DeadRows()
    dead.hashes, dead.people, dead.projects = lab.memory.hashes, lab.memory.people, lab.memory.projects

    made = lab.seed(able=dead)

    assert made.objections == {Check.OLD_EXPIRED_PASSWORD: "MariaDB of lab x does not answer"}
    assert len(made.things) == len(OLD_DATA_CHECKS) - 1


def test_a_node_that_makes_nothing_is_told_of_every_kind(lab: Lab) -> None:
    lab.first.faults.add("refuses_admin")

    made = lab.seed()

    assert made.things == []
    assert made.objections == dict.fromkeys(
        OLD_DATA_CHECKS, "node1 answered 500 when asked to log the admin in"
    )


def test_a_run_without_old_data_has_nothing_to_look_at(lab: Lab) -> None:
    assert lab.look(None) == []
