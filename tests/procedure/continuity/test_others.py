"""What the load writes meanwhile is read from its ledgers as they grow."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.cache_drops import Region, drops, healed_by, hidden_by
from harness.evidence.continuity import CellOutcome, Check
from harness.evidence.ledger import Change, WriteLog, read_writes
from harness.evidence.names import Operation, Outcome, Phase
from harness.procedure.continuity import OthersDrops
from tests.procedure.continuity.test_checks import Lab, lab

__all__ = ["lab"]

S = 1_000_000_000


class Load:
    """A generator that writes."""

    def __init__(self, path: Path) -> None:
        self.now_ns = 0
        self._log = WriteLog(path, lambda: self.now_ns)

    def writes(self, second: float, op: Operation, *, release: str = "25.0.0", ends: bool = True) -> None:
        self.now_ns = round(second * S)
        seq = self._log.invoked("lane", Change(op, "name"), "req-1")
        self.now_ns += 1000
        if ends:
            self._log.completed(seq, Outcome.OK, error=None, made_id=None, node="n", release=release)


def test_each_write_that_drops_is_told_once_it_was_sent_and_by_whom(tmp_path: Path) -> None:
    load, probes = Load(tmp_path / "load.jsonl"), Load(tmp_path / "probes.jsonl")
    dropped = OthersDrops(tmp_path, lambda: 2 * S)
    assert dropped() == ()

    load.writes(2.0, Operation.USER_DELETE, ends=False)
    probes.writes(1.0, Operation.USER_CREATE)
    probes.writes(1.5, Operation.ROLE_GRANT)

    assert [(each.op, each.from_ns, each.regions) for each in dropped()] == [
        ("role_grant", round(1.5 * S), frozenset({Region.ASSIGNMENTS})),
        ("user_delete", 2 * S, frozenset(Region)),
    ]


def test_a_change_of_password_drops_the_tokens_of_all_from_25_on(tmp_path: Path) -> None:
    load = Load(tmp_path / "load.jsonl")
    dropped = OthersDrops(tmp_path, lambda: 2 * S)

    load.writes(1.0, Operation.PASSWORD_CHANGE, release="23.0.2")
    assert dropped() == ()

    load.writes(2.0, Operation.PASSWORD_CHANGE, release="25.0.0")
    assert [each.from_ns for each in dropped()] == [2 * S]


def test_what_is_older_than_a_minute_is_forgotten(tmp_path: Path) -> None:
    load = Load(tmp_path / "load.jsonl")
    load.writes(1.0, Operation.USER_DELETE)
    load.writes(50.0, Operation.USER_DELETE)

    assert [each.from_ns for each in OthersDrops(tmp_path, lambda: 70 * S)()] == [50 * S]


def test_a_run_without_ledgers_tells_nothing(tmp_path: Path) -> None:
    assert OthersDrops(tmp_path / "none")() == ()


# --- beside the checks


def test_a_revocation_at_which_the_load_deletes_somebody_is_carried_out_again(lab: Lab) -> None:
    log, left = WriteLog(lab.ledger / "load.jsonl"), [1, 2, 3]

    def delete_somebody() -> None:
        if left:
            seq = log.invoked("lane", Change(Operation.USER_DELETE, f"user-{left.pop()}"), "req-1")
            log.completed(seq, Outcome.OK, error=None, made_id=None, node="n", release="25.0.0")

    lab.memory.on_revoked = delete_somebody

    counts = lab.checks.check_mixed(Phase.ROLL, "node1")

    assert counts == {"ok": 42, "broken": 0, "unknown": 0}
    tries = [c.looks.tries for c in lab.cells if c.check == Check.REVOKED_TOKEN_REFUSED and c.looks]
    assert sum(tries) == 2 + 3
    dropped = drops(read_writes(lab.ledger).writes)
    assert len(dropped) == 3
    assert [hidden_by(cell, dropped) for cell in lab.cells if cell.looks] == [None] * 18


def test_a_stale_answer_that_the_load_heals_is_kept_with_its_first_look(lab: Lab) -> None:
    lab.old.faults.add("honours_revoked")
    log = WriteLog(lab.ledger / "load.jsonl")

    def delete_somebody_later() -> None:
        lab.old.faults.discard("honours_revoked")
        seq = log.invoked("lane", Change(Operation.USER_DELETE, "user"), "req-1")
        log.completed(seq, Outcome.OK, error=None, made_id=None, node="n", release="25.0.0")

    lab.memory.on_stale = delete_somebody_later

    lab.checks.check_mixed(Phase.ROLL, "node1")

    (cell,) = (c for c in lab.cells if (c.check, c.checked_at.node) == (Check.REVOKED_TOKEN_REFUSED, "node2"))
    assert cell.looks is not None
    assert (cell.outcome, cell.looks.first) == (CellOutcome.OK, "answered 200")
    healer = healed_by(cell, drops(read_writes(lab.ledger).writes))
    assert healer is not None
    assert healer.op == Operation.USER_DELETE
