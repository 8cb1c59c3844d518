"""An open model: what is due is sent or told of, and a frozen server cannot slow the asking."""

from __future__ import annotations

import errno
import threading
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.event import Event

from harness.evidence.clock import Clock, now_ns
from harness.evidence.jsonl import read_jsonl
from harness.evidence.names import Connection, Error, Operation, Outcome
from harness.evidence.records import Lane
from harness.load.client import Client
from harness.load.connections import Connections
from harness.load.dispatcher import Dispatcher
from harness.load.operations import IssuedToken
from harness.load.probes import ProbeCalls, Prober
from harness.load.recorder import EvidenceRecorder
from harness.load.schedule import Schedule
from harness.load.sender import Sender
from harness.load.spec import renewal_lane
from harness.load.tokens import KeptToken, renewal_due_s
from tests.keystone_double import FakeKeystone, Reply, account, accounts, answer


def ignore(**_: Any) -> None:
    """Nobody listens to Locust's event here."""


def lanes(
    rate_hz: float, op: Operation = Operation.PROJECT_LIST, deadline_s: float = 5.0
) -> tuple[Lane, ...]:
    return tuple(Lane(f"{op}/{kind}", op, kind, rate_hz, deadline_s) for kind in Connection)


def operator_token(server: FakeKeystone) -> KeptToken:
    server._tokens["known"] = "id-of-operator"
    return KeptToken(account("operator"), IssuedToken("known", 3600.0), 900.0)


class Probing:
    """Probes against a server, and what the evidence file says afterwards."""

    def __init__(self, path: Path, server: FakeKeystone, of: tuple[Lane, ...], in_flight_max: int) -> None:
        self.path = path
        self.recorder = EvidenceRecorder(path, of, Clock.read(), ignore)
        sender = Sender(self.recorder, seed=1)
        prober = Prober(of, server.endpoint, sender)
        token = operator_token(server)
        prober.calls = ProbeCalls(accounts(), token, token, sender.user_name)
        self.start_ns = now_ns()
        schedule = Schedule(self.start_ns, [lane.rate_hz or 0 for lane in of])
        self.dispatcher = Dispatcher(schedule, prober.send, prober.refuse, in_flight_max)

    def run(self, seconds: float) -> list[dict[str, Any]]:
        """Probe for so long and return the records."""
        running = gevent.spawn(self.dispatcher.run)
        gevent.sleep(seconds)
        self.dispatcher.stop()
        running.join()
        assert self.dispatcher.drain(10) == 0
        self.recorder.close()
        return [row for row in read_jsonl(self.path).rows if "seq" in row]


def test_a_freeze_is_felt_by_every_request_that_was_due_in_it(tmp_path: Path, server: FakeKeystone) -> None:
    probing = Probing(tmp_path / "probes.jsonl", server, lanes(50.0), in_flight_max=500)
    frozen_ns: list[int] = []

    def freeze() -> None:
        server.thawed.clear()
        frozen_ns.append(now_ns())

    def thaw() -> None:
        frozen_ns.append(now_ns())
        server.thawed.set()

    gevent.spawn_later(0.5, freeze)
    gevent.spawn_later(1.5, thaw)
    records = probing.run(2.5)
    begin_ns, end_ns = frozen_ns
    expected = Schedule(probing.start_ns, [50.0, 50.0])
    due = [ns for ns in (expected.pop()[1] for _ in records) if begin_ns <= ns < end_ns]
    waited = sorted(row["intended_ns"] for row in records if begin_ns <= row["intended_ns"] < end_ns)
    assert waited == due  # two lanes at 50/s for a second; a closed user would have told of one each
    assert len(due) >= 90
    assert all(row["end_ns"] >= end_ns for row in records if begin_ns <= row["intended_ns"] < end_ns)
    assert {row["outcome"] for row in records} == {Outcome.OK}


def test_every_arrival_of_the_schedule_is_in_the_evidence_with_its_own_due_time(
    tmp_path: Path, server: FakeKeystone
) -> None:
    probing = Probing(tmp_path / "probes.jsonl", server, lanes(20.0), in_flight_max=100)
    records = probing.run(1.0)
    expected = Schedule(probing.start_ns, [20.0, 20.0])
    due = [expected.pop()[1] for _ in records]
    assert sorted(row["intended_ns"] for row in records) == due
    assert [row["seq"] for row in records] == list(range(len(records)))
    assert server.count("GET /v3/projects") == len(records)


def test_arrivals_slept_through_are_sent_at_once_with_the_time_at_which_they_were_due(
    tmp_path: Path, server: FakeKeystone
) -> None:
    probing = Probing(tmp_path / "probes.jsonl", server, lanes(50.0), in_flight_max=500)

    def stall() -> None:
        until = now_ns() + 300_000_000
        while now_ns() < until:  # the generator itself is starved, as by a busy machine
            pass

    gevent.spawn_later(0.3, stall)
    records = probing.run(1.0)
    expected = Schedule(probing.start_ns, [50.0, 50.0])
    assert sorted(row["intended_ns"] for row in records) == [expected.pop()[1] for _ in records]
    assert max(row["start_ns"] - row["intended_ns"] for row in records) > 200_000_000
    assert probing.recorder.lag.max_ms is not None
    assert probing.recorder.lag.max_ms > 200


def test_a_full_pool_is_told_and_nothing_is_skipped(tmp_path: Path, server: FakeKeystone) -> None:
    server.thawed.clear()
    probing = Probing(tmp_path / "probes.jsonl", server, lanes(50.0), in_flight_max=5)
    threading.Timer(0.8, server.thawed.set).start()
    records = probing.run(0.6)
    refused = [row for row in records if row["outcome"] == Outcome.UNSENT]
    assert {row["error"] for row in refused} == {Error.POOL_FULL}
    assert len(records) - len(refused) == 5
    assert len(records) >= 50
    assert server.count() == 5
    footer = read_jsonl(tmp_path / "probes.jsonl").rows[-1]["footer"]
    assert (footer["records"], footer["unsent"]) == (len(records), len(refused))


def test_a_deletion_without_an_acknowledged_user_is_unsent_and_no_failure(
    tmp_path: Path, server: FakeKeystone
) -> None:
    probing = Probing(tmp_path / "probes.jsonl", server, lanes(10.0, Operation.USER_DELETE), in_flight_max=5)
    records = probing.run(0.3)
    assert {(row["outcome"], row["detail"]) for row in records} == {
        (Outcome.UNSENT, "no acknowledged user is left to delete")
    }
    assert server.count() == 0


def test_a_mistake_inside_the_generator_is_a_fault_and_costs_no_lane_its_schedule(
    tmp_path: Path, server: FakeKeystone
) -> None:
    one, other = lanes(10.0)
    broken = Lane("token_issue/new", Operation.TOKEN_ISSUE, Connection.NEW, 10.0, 5.0)
    path = tmp_path / "probes.jsonl"
    recorder = EvidenceRecorder(path, (one, broken), Clock.read(), ignore)
    sender = Sender(recorder, seed=1)
    prober = Prober((one, broken), server.endpoint, sender)
    token = operator_token(server)
    prober.calls = ProbeCalls(accounts(), token, token, sender.user_name)

    def explode(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    prober.clients[1].send = explode  # type: ignore[method-assign, assignment]
    prober.send(1, now_ns())
    prober.send(0, now_ns())
    recorder.close()
    rows = read_jsonl(path).rows
    assert [row["outcome"] for row in rows if "seq" in row] == [Outcome.UNSENT, Outcome.OK]
    assert rows[-1]["footer"]["faults"] == ["token_issue/new: ZeroDivisionError inside the generator: a bug"]
    assert other.lane not in {row.get("lane") for row in rows}


def test_a_generator_out_of_descriptors_blames_itself(
    tmp_path: Path, server: FakeKeystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Connections, "take", exhausted)
    records = Probing(tmp_path / "probes.jsonl", server, lanes(20.0), in_flight_max=50).run(0.2)
    assert {(row["outcome"], row["error"]) for row in records} == {(Outcome.UNSENT, Error.OTHER)}
    (fault,) = read_jsonl(tmp_path / "probes.jsonl").rows[-1]["footer"]["faults"]
    assert fault == f"no connection could be opened here: Too many open files ({len(records)} times)"
    assert server.count() == 0


def test_a_token_is_renewed_at_half_its_life_or_earlier_if_so_wished() -> None:
    assert renewal_due_s(lifetime_s=3600, renew_s=900) == 900
    assert renewal_due_s(lifetime_s=600, renew_s=900) == 300


def test_a_failed_renewal_is_recorded_keeps_the_old_token_and_is_tried_again(
    tmp_path: Path, server: FakeKeystone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.load.tokens.RETRY_S", 0.05)
    server.behave("POST /v3/auth/tokens", answer(Reply(503)), times=2)
    lane = renewal_lane("probes", 5.0)
    recorder = EvidenceRecorder(tmp_path / "probes.jsonl", (lane,), Clock.read(), ignore)
    token = KeptToken(account("operator"), IssuedToken("old", 0.1), 900.0)
    stopping = Event()
    client = Client(server.endpoint, Connection.NEW)
    keeping = gevent.spawn(token.keep, Sender(recorder, seed=1), client, lane, stopping)
    held = []
    with gevent.Timeout(20):
        while token.text == "old":
            held.append(recorder.records)
            gevent.sleep(0.01)
    stopping.set()
    keeping.join()
    recorder.close()
    records = [row for row in read_jsonl(tmp_path / "probes.jsonl").rows if "seq" in row]
    assert [row["error"] for row in records] == [Error.HTTP_5XX, Error.HTTP_5XX, None]
    assert max(held) == 2  # the old token was in use until the third attempt succeeded
    assert server.count() == 3
