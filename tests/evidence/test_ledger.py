"""The ledger as it is written and as it is read back, also after a kill."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from harness.evidence.ledger import (
    BALANCER,
    ById,
    Change,
    EntityRead,
    Found,
    Kind,
    Login,
    ReadBackLog,
    Sighting,
    Stage,
    WriteLog,
    derived_password,
    read_ledger,
    read_writes,
)
from harness.evidence.names import Operation, Outcome

CREATE = Change(Operation.USER_CREATE, "alice", None, {"enabled": True, "password": 1})


def acknowledged(log: WriteLog, change: Change, made_id: str | None = None) -> None:
    log.completed(
        log.invoked("lane", change, f"req-{change.name}"),
        Outcome.OK,
        error=None,
        made_id=made_id,
        node="node1",
        release="27.1.0",
    )


def test_a_write_comes_back_as_it_was_noted(tmp_path: Path) -> None:
    acknowledged(WriteLog(tmp_path / "load.jsonl"), CREATE, "u1")
    (write,) = read_writes(tmp_path).writes
    assert (write.kind, write.name, write.entity_id, write.asked) == (Kind.USER, "alice", "u1", CREATE.asked)
    assert (write.outcome, write.node, write.release, write.request_id) == (
        "ok",
        "node1",
        "27.1.0",
        "req-alice",
    )
    assert write.completed_ns is not None
    assert write.invoked_ns <= write.completed_ns


def test_a_write_without_an_end_may_have_happened(tmp_path: Path) -> None:
    log = WriteLog(tmp_path / "load.jsonl")
    acknowledged(log, CREATE, "u1")
    log.invoked("lane", Change(Operation.USER_DELETE, "alice", "u1"), "req-2")
    with (tmp_path / "load.jsonl").open("ab") as file:
        file.write(b'{"edge":"invo')
    ledger = read_writes(tmp_path)
    assert [(write.outcome, write.completed_ns is None) for write in ledger.writes] == [
        ("ok", False),
        ("unknown", True),
    ]
    assert ledger.damaged == 0


def test_the_ledgers_of_all_generators_are_one_by_time(tmp_path: Path) -> None:
    probes, load = WriteLog(tmp_path / "probes.jsonl"), WriteLog(tmp_path / "load.jsonl")
    for number in range(3):
        acknowledged(probes if number % 2 else load, Change(Operation.USER_CREATE, f"u{number}"))
    ledger = read_writes(tmp_path)
    assert (ledger.files, [write.name for write in ledger.writes]) == (2, ["u0", "u1", "u2"])


def test_damage_is_counted(tmp_path: Path) -> None:
    log = WriteLog(tmp_path / "load.jsonl")
    acknowledged(log, CREATE, "u1")
    with (tmp_path / "load.jsonl").open("ab") as file:
        file.write(b'{"edge":"completed","seq":7,"outcome":"ok"}\n')  # its beginning is gone
        file.write(b'{"edge":"invoked","seq":8,"op":"user_create"}\n')  # half of it is gone
        file.write(b'{"edge":"invoked","seq":9,"op":"token_issue","lane":"l","name":"n","asked":{},')
        file.write(b'"request_id":"r","mono_ns":1}\n')  # no write of the ledger
        file.write(b"[]\n{}\n")
    ledger = read_writes(tmp_path)
    assert (len(ledger.writes), ledger.damaged) == (1, 5)


def test_no_folder_is_no_ledger(tmp_path: Path) -> None:
    ledger = read_ledger(tmp_path / "ledger", tmp_path / "ledger.jsonl")
    assert (ledger.files, ledger.writes, ledger.read_backs, ledger.damaged) == (0, (), (), 0)


def test_a_read_back_comes_back_as_it_was_written(tmp_path: Path) -> None:
    acknowledged(WriteLog(tmp_path / "ledger" / "load.jsonl"), CREATE, "u1")
    seen = Sighting("u1", {"description": None, "email": None, "enabled": True}, name="alice")
    found = {
        BALANCER: Found((seen,), ById(200, seen, "node2"), (Login(1, 201, "node1"),)),
        "node1": Found(None),
        "node2": Found(()),
    }
    writes = read_writes(tmp_path / "ledger").writes
    entity = EntityRead(Kind.USER, "alice", writes, found, changing=True)
    with ReadBackLog(tmp_path / "ledger.jsonl", Stage.ROLL, list(found), 77) as log:
        log.entity(entity)
        log.end(12, ("node1: GET /v3/users: status 503",))
    (read_back,) = read_ledger(tmp_path / "ledger", tmp_path / "ledger.jsonl").read_backs
    assert read_back.entities == (entity,)
    assert (read_back.stage, read_back.views, read_back.cut_off_ns) == (Stage.ROLL, tuple(found), 77)
    assert (read_back.requests, read_back.errors) == (12, ("node1: GET /v3/users: status 503",))
    assert read_back.end_ns is not None


def test_a_read_back_that_was_killed_has_no_end(tmp_path: Path) -> None:
    with ReadBackLog(tmp_path / "ledger.jsonl", Stage.ROLL, [BALANCER], 77):
        pass
    ledger = read_ledger(tmp_path / "ledger", tmp_path / "ledger.jsonl")
    assert [read_back.end_ns for read_back in ledger.read_backs] == [None]


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    WriteLog(tmp_path / "ledger" / "load.jsonl")
    assert stat.S_IMODE((tmp_path / "ledger" / "load.jsonl").stat().st_mode) == 0o600


def test_a_password_is_the_same_for_whoever_knows_the_secret_and_another_for_each_version() -> None:
    """RFC 2104 with SHA-256, in the URL's base64 without padding."""
    known = derived_password("secret", "alice", 1)
    assert known == derived_password("secret", "alice", 1)
    others = {
        derived_password("secret", "alice", 2),
        derived_password("secret", "bob", 1),
        derived_password("another", "alice", 1),
        derived_password("secret", "1:alice", 1),
    }
    assert len(others | {known}) == 5
    assert len(known) == 43


@pytest.mark.parametrize("error", ["http_4xx", "http_5xx", "unexpected_status"])
def test_a_write_that_an_answer_refused_is_noted_as_unknown_for_it_may_have_been_sent_twice(
    tmp_path: Path, error: str
) -> None:
    log = WriteLog(tmp_path / "load.jsonl")
    number = log.invoked("lane", CREATE, "req-1")
    log.completed(number, Outcome.FAILED, error=error, made_id=None, node="node1", release="27.1.0")
    (write,) = read_writes(tmp_path).writes
    assert (write.outcome, write.known, write.error) == ("unknown", "unknown", error)


def test_a_write_that_never_left_has_certainly_failed(tmp_path: Path) -> None:
    log = WriteLog(tmp_path / "load.jsonl")
    number = log.invoked("lane", CREATE, "req-1")
    log.completed(number, Outcome.FAILED, error="refused", made_id=None, node=None, release=None)
    (write,) = read_writes(tmp_path).writes
    assert (write.outcome, write.known, write.was_refused) == ("failed", "failed", False)


def test_an_earlier_ledger_that_notes_a_refusal_as_failed_is_no_surer(tmp_path: Path) -> None:
    log = WriteLog(tmp_path / "load.jsonl")
    number = log.invoked("lane", CREATE, "req-1")
    log.completed(number, Outcome.UNKNOWN, error="http_4xx", made_id=None, node=None, release=None)
    path = tmp_path / "load.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"unknown"', b'"failed"'))
    (write,) = read_writes(tmp_path).writes
    assert (write.outcome, write.known, write.was_refused) == ("failed", "unknown", True)
