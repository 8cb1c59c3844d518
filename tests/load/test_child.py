"""A child's whole life: ready, stopped, orphaned, killed; its evidence is whole or says that it is not."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.errors import RefusedError, UsageError, WaitTimeoutError
from harness.evidence.clock import Clock
from harness.evidence.jsonl import read_jsonl
from harness.evidence.ledger import derived_password, read_writes
from harness.evidence.names import (
    LEDGER_OPERATIONS,
    PROBE_OPERATIONS,
    Connection,
    Error,
    Operation,
    Outcome,
)
from harness.load.process import LoadProcess
from harness.load.spec import ChildSpec, load_spec, probes_spec
from harness.scenario import parse_scenario
from tests.keystone_double import DoubleServer, FakeKeystone, Reply, accounts, answer, cut, hang

pytestmark = pytest.mark.process

IDENTITY = Path(__file__).parents[2] / "scenarios" / "identity.py"
SECRET = "of-this-run"
READY_S = 60.0
STOP_S = 30.0


def probes(server: FakeKeystone, folder: Path, *ops: Operation, rate_hz: float = 20.0) -> ChildSpec:
    scenario = parse_scenario(
        {"name": "story", "probes": [{"op": op, "rate_hz": rate_hz, "deadline_s": 3.0} for op in ops]},
        "story",
    )
    return probes_spec(
        scenario,
        server.url,
        accounts(),
        folder / "probes.jsonl",
        Clock.read(),
        folder / "ledger/probes.jsonl",
    )


def load(server: FakeKeystone, folder: Path, **settings: Any) -> ChildSpec:
    scenario = parse_scenario(
        {"name": "story", "load": {"pace_s": 0.05, "deadline_s": 3.0, **settings}}, "story"
    )
    made = accounts(scenario.load.users, scenario.load.client_users)
    file, ledger = folder / "load.jsonl", folder / "ledger/load.jsonl"
    return load_spec(scenario, IDENTITY, server.url, made, file, Clock.read(), ledger, SECRET)


def until(what: str, condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"waited 20 s for {what}"
        time.sleep(0.02)


OF_PROBES = {Operation.PING, Operation.APPLICATION_CREDENTIAL_CREATE}
"""No user of the load does them."""
KEYSTONES = [op for op in Operation if op not in OF_PROBES]


def records(path: Path) -> list[dict[str, Any]]:
    return [row for row in read_jsonl(path).rows if "seq" in row]


def test_probes_of_every_operation_leave_whole_evidence(tmp_path: Path, server: FakeKeystone) -> None:
    child = LoadProcess.start(probes(server, tmp_path, *sorted(PROBE_OPERATIONS)), tmp_path / "log")
    child.wait_ready(READY_S)
    until("a hundred records", lambda: len(records(tmp_path / "probes.jsonl")) > 100)
    summary = child.stop(STOP_S)

    assert summary.in_order, (tmp_path / "log").read_text()
    rows = read_jsonl(tmp_path / "probes.jsonl").rows
    header, footer = rows[0]["header"], rows[-1]["footer"]
    assert {lane["lane"] for lane in header["lanes"]} >= {
        f"{op}/{kind}" for op in PROBE_OPERATIONS for kind in Connection
    }
    assert footer["records"] == summary.records == len(rows) - 2
    assert {(row["outcome"], row["error"]) for row in rows[1:-1]} == {(Outcome.OK, None)}
    assert footer["lag_p99_ms"] is not None
    assert footer["faults"] == []
    assert summary.connections["user_get/reused"]["opened"] < summary.connections["user_get/new"]["opened"]


def test_what_the_ledger_holds_is_what_the_server_was_asked_to_write(
    tmp_path: Path, server: FakeKeystone
) -> None:
    child = LoadProcess.start(probes(server, tmp_path, Operation.USER_CREATE), tmp_path / "log")
    child.wait_ready(READY_S)
    warm_up = len(server._users)
    until("some users", lambda: len(server._users) > warm_up + 10)
    child.stop(STOP_S)
    writes = read_writes(tmp_path / "ledger").writes
    acknowledged = {write.entity_id: write.name for write in writes}
    assert {(write.outcome, write.node, write.release) for write in writes} == {("ok", "node1", "27.1.0")}
    assert len(acknowledged) == len(server._users) - 2  # each lane's warm-up is not evidence
    assert acknowledged.items() <= server._users.items()
    assert all(name.startswith("kuh-1-") for name in acknowledged.values())


def test_the_ledger_of_the_load_leads_to_what_the_server_holds(tmp_path: Path, server: FakeKeystone) -> None:
    """Every kind of write is in it, and the passwords that it does not tell can be derived."""
    child = LoadProcess.start(load(server, tmp_path, users=8, client_users=1), tmp_path / "log")
    child.wait_ready(READY_S)
    folder = tmp_path / "ledger"
    until("every write", lambda: {write.op for write in read_writes(folder).writes} == LEDGER_OPERATIONS)
    assert child.stop(STOP_S).in_order, (tmp_path / "log").read_text()

    writes = read_writes(folder).writes
    assert {write.outcome for write in writes} == {Outcome.OK}
    versions: dict[str, int] = {}
    for write in writes:
        if write.op == Operation.USER_DELETE:
            versions.pop(str(write.entity_id), None)
        elif isinstance(version := write.asked.get("password"), int):
            versions[str(write.entity_id)] = version
    assert versions
    for user_id, version in versions.items():
        derived = derived_password(SECRET, server._users[user_id], version)
        assert server.attributes[user_id]["password"] == derived
        assert derived not in (folder / "load.jsonl").read_text()


def test_a_write_is_on_record_before_it_is_sent(tmp_path: Path, server: FakeKeystone) -> None:
    """A generator killed while Keystone works leaves a write of unknown outcome, not none."""
    child = LoadProcess.start(probes(server, tmp_path, Operation.USER_CREATE), tmp_path / "log")
    child.wait_ready(READY_S)
    server.behave("POST /v3/users", hang)
    before = server.count("POST /v3/users")
    until("writes to hang", lambda: server.count("POST /v3/users") >= before + 3)
    os.kill(child.pid, signal.SIGKILL)
    child.stop(STOP_S)
    arrived = {seen.headers["x-openstack-request-id"] for seen in server.requests[-3:]}
    unknown = [w for w in read_writes(tmp_path / "ledger").writes if w.outcome == Outcome.UNKNOWN]
    assert arrived <= {write.request_id for write in unknown}
    assert {(write.completed_ns, write.entity_id) for write in unknown} == {(None, None)}


@pytest.mark.parametrize("job", ["probes", "load"])
def test_a_stop_under_load_loses_no_row(tmp_path: Path, server: FakeKeystone, job: str) -> None:
    """Every request that reached the server after the warm-up has its record."""
    if job == "probes":
        spec = probes(server, tmp_path, Operation.TOKEN_VALIDATE, Operation.PROJECT_LIST, rate_hz=100.0)
    else:
        spec = load(server, tmp_path, users=8, client_users=2)
    child = LoadProcess.start(spec, tmp_path / "log")
    child.wait_ready(READY_S)
    until("some traffic", lambda: len(server.requests) > 150)
    summary = child.stop(STOP_S)

    assert summary.in_order, (tmp_path / "log").read_text()
    recorded = {row["request_id"] for row in records(spec.evidence)}
    arrived = Counter(seen.headers["x-openstack-request-id"] for seen in server.requests)
    assert recorded <= arrived.keys()
    warm_up = 6 if job == "probes" else 1  # two tokens and four lanes; the operator's token
    assert len(arrived.keys() - recorded) == warm_up
    assert set(arrived.values()) == {1}
    assert summary.faults == ()


def test_a_request_under_way_at_the_stop_is_waited_for(tmp_path: Path, server: FakeKeystone) -> None:
    child = LoadProcess.start(probes(server, tmp_path, Operation.PROJECT_LIST), tmp_path / "log")
    child.wait_ready(READY_S)
    server.behave("GET /v3/projects", hang)
    before = server.count()
    until("requests to hang", lambda: server.count() >= before + 5)
    summary = child.stop(STOP_S)
    assert summary.in_order
    errors = Counter(row["error"] for row in records(tmp_path / "probes.jsonl"))
    assert errors[Error.TIMEOUT] >= 5
    assert summary.unsent == 0


def test_a_child_whose_parent_is_killed_ends_the_load_and_its_evidence_by_itself(
    tmp_path: Path, server: FakeKeystone
) -> None:
    (tmp_path / "spec.json").write_text(probes(server, tmp_path, Operation.PROJECT_LIST).model_dump_json())
    harness = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path\n"
            "from harness.load.process import LoadProcess; from harness.load.spec import ChildSpec\n"
            f"folder = Path({str(tmp_path)!r})\n"
            "spec = ChildSpec.model_validate_json((folder / 'spec.json').read_text())\n"
            "child = LoadProcess.start(spec, folder / 'log'); child.wait_ready(60)\n"
            "print(child.pid, flush=True); time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
    )
    assert harness.stdout is not None
    child = psutil.Process(int(harness.stdout.readline()))
    until("some records", lambda: len(records(tmp_path / "probes.jsonl")) > 10)
    harness.send_signal(signal.SIGKILL)
    harness.wait(10)
    harness.stdout.close()

    child.wait(STOP_S)
    footer = read_jsonl(tmp_path / "probes.jsonl").rows[-1]["footer"]
    assert footer["records"] == len(records(tmp_path / "probes.jsonl"))
    assert footer["faults"] == []


def test_a_killed_child_leaves_its_records_and_no_footer(tmp_path: Path, server: FakeKeystone) -> None:
    child = LoadProcess.start(probes(server, tmp_path, Operation.PROJECT_LIST), tmp_path / "log")
    child.wait_ready(READY_S)
    until("some records", lambda: len(records(tmp_path / "probes.jsonl")) > 10)
    os.kill(child.pid, signal.SIGKILL)
    summary = child.stop(STOP_S)
    assert (summary.exit_code, summary.in_order, summary.records) == (-signal.SIGKILL, False, None)
    assert len(records(tmp_path / "probes.jsonl")) > 10
    assert not any("footer" in row for row in read_jsonl(tmp_path / "probes.jsonl").rows)


def test_a_child_that_hangs_is_killed_at_the_deadline_and_the_summary_says_so(
    tmp_path: Path, server: FakeKeystone
) -> None:
    child = LoadProcess.start(probes(server, tmp_path, Operation.PROJECT_LIST), tmp_path / "log")
    child.wait_ready(READY_S)
    os.kill(child.pid, signal.SIGSTOP)
    summary = child.stop(1.0)
    assert (summary.killed, summary.in_order) == (True, False)
    assert not child.is_alive()


def test_no_secret_stands_in_the_arguments_the_environment_or_the_files(
    tmp_path: Path, server: FakeKeystone
) -> None:
    spec = probes(server, tmp_path, Operation.TOKEN_ISSUE, Operation.USER_CREATE)
    child = LoadProcess.start(spec, tmp_path / "log")
    child.wait_ready(READY_S)
    process = psutil.Process(child.pid)
    seen = " ".join(process.cmdline()) + repr(process.environ()) + repr(spec)
    until("some records", lambda: len(records(tmp_path / "probes.jsonl")) > 10)
    child.stop(STOP_S)
    for path in filter(Path.is_file, tmp_path.rglob("*")):
        seen += path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert "secret-of-" not in seen
    assert not any(token in seen for token in server._tokens)


def test_a_child_that_cannot_log_in_says_why_and_never_gets_ready(
    tmp_path: Path, server: FakeKeystone
) -> None:
    server.behave("POST /v3/auth/tokens", answer(Reply(401, {})))
    spec = probes(server, tmp_path, Operation.TOKEN_ISSUE).model_copy(update={"warm_up_deadline_s": 0.5})
    child = LoadProcess.start(spec, tmp_path / "log")
    with pytest.raises(
        RefusedError, match=r"the first token of operator was not to be had in 0\.5 s"
    ) as caught:
        child.wait_ready(READY_S)
    assert caught.value.status == 401
    summary = child.stop(STOP_S)
    assert summary.exit_code == 4
    assert "first token of operator" in summary.faults[0]


def test_a_child_that_is_not_ready_in_time_is_told_by_what_it_last_said(
    tmp_path: Path, server: FakeKeystone
) -> None:
    server.behave("POST /v3/auth/tokens", answer(Reply(503)))
    child = LoadProcess.start(probes(server, tmp_path, Operation.TOKEN_ISSUE), tmp_path / "log")
    with pytest.raises(WaitTimeoutError, match=r"for the probes child to be ready; last seen: "):
        child.wait_ready(0.2)
    child.stop(STOP_S)


def test_a_missing_locust_file_ends_the_child_with_a_sentence(tmp_path: Path, server: FakeKeystone) -> None:
    spec = load(server, tmp_path).model_copy(update={"users_file": tmp_path / "nobody.py"})
    child = LoadProcess.start(spec, tmp_path / "log")
    with pytest.raises(UsageError, match=r"there is no such Locust file; name one with load\.users_file"):
        child.wait_ready(READY_S)
    assert child.stop(STOP_S).exit_code == 2
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_locust_file_with_a_mistake_is_its_writers_not_the_harnesss(
    tmp_path: Path, server: FakeKeystone
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_module", encoding="utf-8")
    spec = load(server, tmp_path).model_copy(update={"users_file": broken})
    child = LoadProcess.start(spec, tmp_path / "log")
    with pytest.raises(UsageError, match=r"broken\.py: cannot be loaded \(ModuleNotFoundError: "):
        child.wait_ready(READY_S)
    assert child.stop(STOP_S).exit_code == 2


def test_users_and_real_clients_each_leave_records_in_their_own_lanes(
    tmp_path: Path, server: FakeKeystone
) -> None:
    child = LoadProcess.start(load(server, tmp_path, users=4, client_users=2), tmp_path / "log")
    child.wait_ready(READY_S)
    path = tmp_path / "load.jsonl"
    wanted = {f"load/{op}/reused" for op in KEYSTONES}
    wanted |= {f"client/{op}/reused" for op in PROBE_OPERATIONS - OF_PROBES}
    until("every lane", lambda: {row["lane"] for row in records(path)} >= wanted)
    summary = child.stop(STOP_S)
    assert summary.in_order
    assert {(row["outcome"], row["error"]) for row in records(path)} == {(Outcome.OK, None)}
    assert all(row["intended_ns"] == row["start_ns"] for row in records(path))
    assert (summary.lag_p99_ms, summary.lag_max_ms) == (None, None)


def test_a_failed_login_counts_once_and_what_it_kept_from_being_sent_is_no_failure(
    tmp_path: Path, server: FakeKeystone
) -> None:
    server.behave("POST /v3/auth/tokens", answer(Reply(500, {})))
    server.behave("POST /v3/auth/tokens", _issue_honestly, times=1)  # the operator's; all others fail
    child = LoadProcess.start(load(server, tmp_path, users=2, client_users=1), tmp_path / "log")
    child.wait_ready(READY_S)
    path = tmp_path / "load.jsonl"

    def kept_back() -> list[dict[str, Any]]:
        return [row for row in records(path) if row["outcome"] == Outcome.UNSENT]

    until("operations without a token", lambda: len(kept_back()) > 5)
    child.stop(STOP_S)
    sent = [row for row in records(path) if row["outcome"] != Outcome.UNSENT]
    assert {(row["op"], row["error"]) for row in sent} == {(Operation.TOKEN_ISSUE, Error.HTTP_5XX)}
    assert {row["error"] for row in kept_back()} == {Error.NO_TOKEN}
    logins = {row["request_id"] for row in sent}
    assert {row["detail"].partition("(")[2].partition(":")[0] for row in kept_back()} <= logins
    assert server.count() == server.count("POST /v3/auth/tokens")


def test_a_real_client_does_not_log_in_again_behind_a_401(tmp_path: Path, server: FakeKeystone) -> None:
    server.behave("GET /v3/projects", answer(Reply(401, {"error": {"message": "no", "code": 401}})))
    server.behave("GET /v3/auth/tokens", cut)
    child = LoadProcess.start(load(server, tmp_path, users=0, client_users=2), tmp_path / "log")
    child.wait_ready(READY_S)
    path = tmp_path / "load.jsonl"
    failing = {Operation.PROJECT_LIST: Error.HTTP_4XX, Operation.TOKEN_VALIDATE: Error.CLOSED}

    def failed() -> set[tuple[str, str]]:
        return {(row["op"], row["error"]) for row in records(path) if row["outcome"] == Outcome.FAILED}

    until("both failures", lambda: failed() == set(failing.items()))
    child.stop(STOP_S)
    arrived = Counter(seen.headers["x-openstack-request-id"] for seen in server.requests)
    assert set(arrived.values()) == {1}
    assert len(arrived) == len(records(path)) + 1  # and the operator's token


def _issue_honestly(server: DoubleServer, sock: Any, seen: Any) -> bool:
    sock.sendall(server.honest(seen).wire())
    return False
