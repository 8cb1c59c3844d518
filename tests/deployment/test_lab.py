"""A real deployment, end to end: up, used, one node upgraded, down with nothing left."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pymysql
import pytest

from harness.deployment.local import memcached
from harness.deployment.local.deployment import LocalDeployment
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.identity import ProcessIdentity
from harness.deployment.local.lab import clear_leftovers, status, up
from harness.deployment.local.ports import is_free
from harness.deployment.local.processes import Processes
from harness.deployment.local.record import Owner
from harness.deployment.local.settings import LocalSettings
from harness.deployment.proof import prove_node
from harness.deployment.protocols import Deployment
from harness.deployment.waiting import wait_until
from harness.errors import UsageError
from harness.keystone.credentials import Credentials
from harness.releases.catalogue import Release
from harness.releases.migrations import heads
from harness.releases.prepare import prepare
from harness.scenario import BalancerSettings, DeploymentSettings, StopSignal
from tests.deployment.conftest import NEW, OLD, SETTINGS

pytestmark = pytest.mark.lab

DEADLINE_S = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]


def login(url: str, admin: Credentials, timeout_s: float = DEADLINE_S) -> Answer:
    user = {"name": admin.username, "domain": {"name": admin.user_domain}, "password": admin.password}
    identity = {"methods": ["password"], "password": {"user": user}}
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=timeout_s)
    headers = {"Content-Type": "application/json", "X-OpenStack-Request-ID": f"req-{'1' * 8}-test"}
    connection.request("POST", "/v3/auth/tokens", json.dumps({"auth": {"identity": identity}}), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()})


def passwords_of(deployment: LocalDeployment) -> list[str]:
    return list(json.loads(deployment.folder.secrets.read_text()).values())


def test_it_offers_what_the_procedure_needs(deployment: LocalDeployment) -> None:
    offered: Deployment = deployment  # checked by mypy
    assert [node.name for node in offered.nodes] == ["node-1", "node-2"]
    assert set(offered.software) == {"mariadbd", "haproxy", "memcached"}


def test_every_node_answers_through_the_balancer_with_its_name_and_release(
    deployment: LocalDeployment,
) -> None:
    answers = [login(deployment.url, deployment.admin) for _ in range(4)]
    assert {answer.status for answer in answers} == {201}
    assert {answer.headers["x-keystone-node"] for answer in answers} == {"node-1", "node-2"}
    assert {answer.headers["x-keystone-release"] for answer in answers} == {OLD.version}
    assert all(answer.headers["x-balancer-server"] == answer.headers["x-keystone-node"] for answer in answers)


def test_the_balancers_log_names_request_and_node(deployment: LocalDeployment) -> None:
    login(deployment.url, deployment.admin)
    log = deployment.logs / "haproxy.log"
    wait_until("the log", DEADLINE_S, lambda: None if "-test POST" in log.read_text() else "nothing")
    line = next(line for line in log.read_text().splitlines() if "-test POST" in line)
    assert "server=node-" in line
    assert "status=201 ts=---- retries=0" in line


def test_both_caches_are_used(deployment: LocalDeployment) -> None:
    for node in deployment.nodes:
        prove_node(node, deployment.admin, OLD.version, DEADLINE_S)
    for number in (1, 2):
        counters = memcached.stats(deployment.folder, number)
        assert int(counters["cmd_set"]) > 0
        assert int(counters["get_hits"]) > 0


def test_no_password_is_in_a_command_line_or_a_log(deployment: LocalDeployment) -> None:
    prove_node(deployment.nodes[0], deployment.admin, OLD.version, DEADLINE_S)
    secrets = passwords_of(deployment)
    assert len(secrets) == 3
    for process in psutil.process_iter(["cmdline"]):
        assert not any(secret in " ".join(process.info["cmdline"] or ()) for secret in secrets)
    logs = [path for path in deployment.logs.rglob("*") if path.is_file()]
    assert {"mariadb.log", "haproxy.log", "node-1.log", "bootstrap.log"} <= {path.name for path in logs}
    for path in logs:
        assert not any(secret in path.read_text(errors="replace") for secret in secrets)


def test_only_the_owner_can_read_anything_of_it(deployment: LocalDeployment) -> None:
    assert deployment.folder.path.stat().st_mode & 0o777 == 0o700
    assert deployment.folder.secrets.stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o077 for path in deployment.logs.iterdir()} == {0}
    assert not (deployment.folder.path / "accounts.sql").exists()


def test_nobody_gets_into_the_database_without_a_password(deployment: LocalDeployment) -> None:
    for user in ("root", "keystone", ""):
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            pymysql.connect(host="127.0.0.1", port=deployment.record.database_port, user=user)
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            pymysql.connect(unix_socket=str(deployment.folder.database_socket), user=user)


def test_keystones_database_account_may_not_set_the_trust_flag(deployment: LocalDeployment) -> None:
    connection = pymysql.connect(
        host="127.0.0.1",
        port=deployment.record.database_port,
        user="keystone",
        password=deployment.passwords.database_keystone,
    )
    with connection, pytest.raises(pymysql.OperationalError, match="Access denied"):
        connection.cursor().execute("SET GLOBAL log_bin_trust_function_creators = 1")


def test_the_trust_flag_is_off_until_it_is_set(deployment: LocalDeployment) -> None:
    database = deployment.database
    assert database.needs_trust()
    assert not database.trust_function_creators()
    database.set_trust_function_creators(True)
    assert database.trust_function_creators()
    database.set_trust_function_creators(False)
    assert not database.trust_function_creators()


def test_a_backup_holds_the_schema_and_is_for_the_owner_only(
    deployment: LocalDeployment, tmp_path: Path
) -> None:
    target = tmp_path / "keystone.sql"
    done = deployment.database.backup(target, DEADLINE_S)
    assert done.exit_code == 0
    assert "CREATE TABLE `alembic_version`" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_lock_that_holds_up_keystone_is_seen(deployment: LocalDeployment) -> None:
    holder = pymysql.connect(
        unix_socket=str(deployment.folder.database_socket),
        user="root",
        password=deployment.passwords.database_root,
        database="keystone",
    )
    with holder:
        holder.cursor().execute("LOCK TABLES user WRITE")
        with pytest.raises(TimeoutError):
            login(deployment.url, deployment.admin, timeout_s=1.5)
        with deployment.database.watch() as look:
            waiting = look().waiting
    assert [(each.account, each.state) for each in waiting] == [
        ("keystone", "Waiting for table metadata lock")
    ]


def test_a_command_of_keystone_is_data_with_its_exit_code_and_log(deployment: LocalDeployment) -> None:
    log = deployment.logs / "nonsense.log"
    done = deployment.upgrade_host.manage(OLD, ("no_such_command",), log, DEADLINE_S)
    assert done.argv == ("keystone-manage", "no_such_command")
    assert done.exit_code == 2
    assert "no_such_command" in log.read_text()


@pytest.mark.parametrize("release", [OLD, NEW], ids=str)
def test_keystone_status_finds_its_configuration(deployment: LocalDeployment, release: Release) -> None:
    log = deployment.logs / f"status-{release.version}.log"
    done = deployment.upgrade_host.status(release, ("upgrade", "check"), log, DEADLINE_S)
    assert (done.argv, done.exit_code) == (("keystone-status", "upgrade", "check"), 0)
    assert "Upgrade Check Results" in log.read_text()


@pytest.mark.parametrize("how", list(StopSignal))
def test_a_node_stops_by_every_signal_and_its_port_is_free(
    deployment: LocalDeployment, how: StopSignal
) -> None:
    node = deployment.nodes[1]
    assert node.is_running()
    node.stop(how, DEADLINE_S)
    assert not node.is_running()
    assert is_free(node.port)
    node.stop(how, DEADLINE_S)  # what is stopped stays stopped
    node.start()
    prove_node(node, deployment.admin, OLD.version, DEADLINE_S)


def test_a_node_is_drained_upgraded_and_taken_back(deployment: LocalDeployment, home: Path) -> None:
    node, balancer = deployment.nodes[0], deployment.balancer
    schema = heads(prepare(NEW, home, report=print))
    wait_until("node-1", DEADLINE_S, lambda: None if balancer.is_up("node-1") else "not up")

    log = deployment.logs / "expand.log"
    done = deployment.upgrade_host.manage(NEW, ("db_sync", "--expand"), log, DEADLINE_S)
    assert done.exit_code == 0
    assert schema.expand in deployment.database.version_tables()["alembic_version"]
    assert "Running upgrade" in log.read_text()

    balancer.set_state("node-1", "drain")
    assert not balancer.is_up("node-1")
    answers = [login(deployment.url, deployment.admin) for _ in range(3)]
    assert {answer.headers["x-keystone-node"] for answer in answers} == {"node-2"}
    wait_until("its sessions", DEADLINE_S, lambda: f"{balancer.sessions('node-1')}".strip("0") or None)
    balancer.set_state("node-1", "maint")

    node.stop(StopSignal.TERM, DEADLINE_S)
    node.switch(NEW)
    node.start()
    proof = prove_node(node, deployment.admin, NEW.version, DEADLINE_S)
    assert proof.release_seen == NEW.version

    balancer.set_state("node-1", "ready")
    wait_until("node-1", DEADLINE_S, lambda: None if balancer.is_up("node-1") else "not up")
    seen = {
        (answer.headers["x-keystone-node"], answer.headers["x-keystone-release"])
        for answer in (login(deployment.url, deployment.admin) for _ in range(4))
    }
    assert seen == {("node-1", NEW.version), ("node-2", OLD.version)}


def test_a_cut_request_is_answered_by_the_balancer_with_the_nodes_name(deployment: LocalDeployment) -> None:
    for node in deployment.nodes:
        node.stop(StopSignal.KILL, DEADLINE_S)
    answer = login(deployment.url, deployment.admin)
    assert answer.status == 503
    assert "x-keystone-node" not in answer.headers
    assert answer.headers["x-balancer-server"] in {"node-1", "node-2", ""}


def test_a_fixed_port_in_use_is_refused_before_anything_starts(home: Path, tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().split("port ")[1].split()[0])
        settings = LocalSettings(DeploymentSettings(port=port), BalancerSettings())
        before = status(home)
        with pytest.raises(UsageError, match=f"port {port} on 127.0.0.1 is in use"):
            up(settings, release=OLD, to=None, home=home, logs=tmp_path, owner=Owner.PROCESS, report=print)
        assert status(home) == before
    finally:
        server.kill()
        server.communicate()


BRING_UP = """
import sys
from pathlib import Path
from harness.deployment.local.lab import lab
from tests.deployment.conftest import OLD, SETTINGS
home, logs = map(Path, sys.argv[1:])
with lab(SETTINGS, release=OLD, to=None, home=home, logs=logs, report=lambda s: print(s, flush=True)):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_harness_that_is_ended_while_the_lab_starts_leaves_nothing(
    home: Path, tmp_path: Path, number: signal.Signals
) -> None:
    others = {each.id for each in status(home)}
    harness = subprocess.Popen(
        [sys.executable, "-c", BRING_UP, str(home), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert harness.stdout is not None
    until = time.monotonic() + DEADLINE_S
    while "MariaDB and memcached answer" not in harness.stdout.readline():
        assert time.monotonic() < until
    (mine,) = [each for each in status(home) if each.id not in others]
    assert {"mariadb", "node-1", "node-2"} <= set(mine.running)
    started = [server.identity for server in Processes(LabFolder(mine.folder)).found()]

    harness.send_signal(number)
    harness.communicate(timeout=DEADLINE_S)
    if number is signal.SIGKILL:
        assert any(identity.is_alive() for identity in started)
        (sentence,) = clear_leftovers(home)
        assert sentence.startswith(f"Cleared lab {mine.id}, left by a harness (pid {harness.pid})")
    assert not any(identity.is_alive() for identity in started)
    assert {each.id for each in status(home)} == others


def test_down_ends_every_process_and_removes_the_folder(home: Path, tmp_path: Path) -> None:
    deployment = up(
        SETTINGS, release=OLD, to=None, home=home, logs=tmp_path, owner=Owner.PROCESS, report=print
    )
    started: list[ProcessIdentity] = []
    try:
        for server in deployment.processes.found():
            started += deployment.processes.members(server)
        # MariaDB, two memcached, HAProxy, the reference target, two nodes with two workers each
        assert len(started) == 11
    finally:
        ended = deployment.down()
    caches = ["memcached-1", "memcached-2"]
    assert ended == ["haproxy", "mariadb", *caches, "node-1", "node-2", "reference"]
    assert not any(identity.is_alive() for identity in started)
    assert not deployment.folder.path.exists()
    assert all(is_free(port) for port in deployment.record.ports)
    assert (tmp_path / "node-1.log").exists()
