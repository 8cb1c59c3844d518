"""The order in which the servers of a lab start, side by side where nothing has to wait."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from harness.deployment.local import haproxy, keystone, mariadb, memcached, reference, upgrade_host
from harness.deployment.local.deployment import ADMIN, LocalDeployment
from harness.deployment.local.folder import LabFolder, write_private
from harness.deployment.local.node import LocalNode
from harness.deployment.local.ports import free_ports
from harness.deployment.local.processes import Processes, tail
from harness.deployment.local.seed import seed_folder, take_seed
from harness.deployment.local.settings import LocalSettings
from harness.deployment.proof import prove_node
from harness.deployment.waiting import wait_until
from harness.errors import HarnessError, StepError
from harness.keystone.endpoint import Endpoint
from harness.releases.prepare import InstalledRelease

_DATABASE_S_MAX = 60.0
_COMMAND_S_MAX = 120.0
"""keystone-manage alone takes 3 to 10 s; this is for a machine that others keep busy."""
_CACHE_S_MAX = 10.0
_NODE_S_MAX = 120.0
_BALANCER_S_MAX = 60.0
_REFERENCE_S_MAX = 30.0
_PORT_TAKEN = re.compile(r"address already in use|the same address", re.IGNORECASE)

Report = Callable[[str], None]


class PortTakenError(HarnessError):
    """Somebody took a port between its choice and its use."""


def bring_up(
    lab: LocalDeployment, installed: InstalledRelease, settings: LocalSettings, home: Path, report: Report
) -> None:
    """Start every server and return when the balancer has all nodes up.

    Raises:
        PortTakenError: a server found its port taken; other ports will do.
        HarnessError: a server did not start; has the last lines of its log.
    """
    keystone.write_host(lab.folder.host(upgrade_host.NAME), lab.config, lab.keys)
    with _timed(report, "database prepared"):
        seed = seed_folder(installed, home)
        found = take_seed(seed, lab.folder.data, lambda: _build_seed(lab, installed))
    report("copied a prepared database" if found else "made a database, kept for the next time")
    with _timed(report, "MariaDB and memcached answer"):
        _start_caches(lab)
        init = _start_database(lab, mariadb.NAME, binlog=True)
        for node in lab.nodes:  # they take longest and touch the database only when they are asked something
            node.switch(installed.release)
            node.start()
        _wait_database(lab, mariadb.NAME, init)
        _wait_caches(lab)
    with _timed(report, "first accounts made"):
        _bootstrap(lab, installed)
    with _timed(report, "every node answers by itself"):
        for node in lab.nodes:
            _prove(lab, node, installed)
    with _timed(report, "the reference target answers"):
        _start_reference(lab)
    with _timed(report, "the balancer has every node up"):
        _start_balancer(lab, settings)


def running(folder: LabFolder) -> tuple[str, ...]:
    """Names of the lab's servers that are alive, sorted."""
    processes = Processes(folder)
    return tuple(sorted({each.name for each in processes.found() if processes.members(each)}))


def _build_seed(lab: LocalDeployment, installed: InstalledRelease) -> None:
    """Make the system tables and the release's schema in the lab's data directory; stop the server."""
    mariadb.make_data_folder(lab.folder)
    _command(lab, "mariadb-install-db", mariadb.install_command(lab.folder))
    init = _start_database(lab, "mariadb-seed", binlog=False)
    _wait_database(lab, "mariadb-seed", init)
    log = lab.logs / "seed-db_sync.log"
    done = lab.upgrade_host.manage(installed.release, ("db_sync",), log, _COMMAND_S_MAX)
    if done.exit_code != 0:
        raise HarnessError(
            f"db_sync of Keystone {installed.release} in an empty database exited {done.exit_code}; "
            f"the end of {log}:\n{tail(log)}"
        )
    lab.processes.end(["mariadb-seed"], _DATABASE_S_MAX)


def _start_database(lab: LocalDeployment, name: str, *, binlog: bool) -> Path:
    init = lab.folder.path / "accounts.sql"
    mariadb.write_accounts(init, lab.passwords)
    nodes = len(lab.record.nodes)
    command = mariadb.server_command(
        lab.folder,
        port=lab.record.database_port,
        connections=nodes * lab.config.database_connections,
        init=init,
        binlog=binlog,
    )
    lab.processes.start(name, command, log=_log(lab, mariadb.NAME), cwd=lab.folder.path)
    return init


def _wait_database(lab: LocalDeployment, name: str, init: Path) -> None:
    """The server listens only after it has run the file with the passwords, which then goes away."""
    with _explained(lab, name, mariadb.NAME):
        wait_until("MariaDB to answer", _DATABASE_S_MAX, lambda: _look(lab, name, lab.database.ping))
    init.unlink()


def _start_caches(lab: LocalDeployment) -> None:
    for number in _cache_numbers():
        name = memcached.server_name(number)
        command = memcached.command(lab.folder, number)
        lab.processes.start(name, command, log=_log(lab, name), cwd=lab.folder.path)


def _wait_caches(lab: LocalDeployment) -> None:
    for number in _cache_numbers():
        name = memcached.server_name(number)
        look = partial(memcached.objection, lab.folder, number)
        with _explained(lab, name, name):
            wait_until(f"{name} to answer", _CACHE_S_MAX, partial(_look, lab, name, look))


def _bootstrap(lab: LocalDeployment, installed: InstalledRelease) -> None:
    url = Endpoint.parse(lab.url).auth_url
    settings = {
        "OS_BOOTSTRAP_USERNAME": ADMIN,
        "OS_BOOTSTRAP_PASSWORD": lab.passwords.admin,
        "OS_BOOTSTRAP_PROJECT_NAME": ADMIN,
        "OS_BOOTSTRAP_ROLE_NAME": ADMIN,
        "OS_BOOTSTRAP_SERVICE_NAME": "keystone",
        "OS_BOOTSTRAP_REGION_ID": "RegionOne",
        "OS_BOOTSTRAP_ADMIN_URL": url,
        "OS_BOOTSTRAP_PUBLIC_URL": url,
        "OS_BOOTSTRAP_INTERNAL_URL": url,
    }
    log = lab.logs / "bootstrap.log"
    done = lab.upgrade_host.manage(installed.release, ("bootstrap",), log, _COMMAND_S_MAX, secrets=settings)
    if done.exit_code != 0:
        raise HarnessError(
            f"bootstrap of Keystone {installed.release} exited {done.exit_code}; "
            f"the end of {log}:\n{tail(log)}"
        )


def _prove(lab: LocalDeployment, node: LocalNode, installed: InstalledRelease) -> None:
    with _explained(lab, node.name, node.name):
        prove_node(node, lab.admin, installed.release.version, _NODE_S_MAX)


def _start_balancer(lab: LocalDeployment, settings: LocalSettings) -> None:
    """Start HAProxy last: it would mark nodes that still load as down, and be slow to take them back."""
    members = [haproxy.Member(node.name, node.port) for node in lab.nodes]
    text = haproxy.haproxy_cfg(settings.balancer, lab.record.port, members, lab.folder.balancer_socket)
    write_private(haproxy.config_path(lab.folder), text)
    command = haproxy.server_command(lab.folder)
    lab.processes.start(haproxy.NAME, command, log=_log(lab, haproxy.NAME), cwd=lab.folder.path)
    with _explained(lab, haproxy.NAME, haproxy.NAME):
        wait_until(
            "HAProxy to have every node up",
            _BALANCER_S_MAX,
            lambda: _look(lab, haproxy.NAME, lambda: _not_up(lab)),
        )


def _start_reference(lab: LocalDeployment) -> None:
    port = free_ports(1, lab.record.ports)[0]
    reference.write(lab.folder, port)
    command = reference.server_command(lab.folder)
    lab.processes.start(reference.NAME, command, log=_log(lab, reference.NAME), cwd=lab.folder.path)
    with _explained(lab, reference.NAME, reference.NAME):
        wait_until(
            "the reference target to answer",
            _REFERENCE_S_MAX,
            lambda: _look(lab, reference.NAME, lambda: reference.objection(port)),
        )


def _not_up(lab: LocalDeployment) -> str | None:
    try:
        down = [node.name for node in lab.nodes if not lab.balancer.is_up(node.name)]
    except StepError as error:
        return str(error)
    return f"not up: {', '.join(down)}" if down else None


def _look(lab: LocalDeployment, name: str, look: Callable[[], str | None]) -> str | None:
    """Look, but give up at once on a server that has ended."""
    if not lab.processes.is_running(name):
        raise HarnessError(f"{name} of lab {lab.id} ended by itself")
    return look()


@contextmanager
def _explained(lab: LocalDeployment, name: str, log_name: str) -> Iterator[None]:
    """Add the end of its log to what went wrong with a server, and tell a taken port from the rest."""
    try:
        yield
    except HarnessError as error:
        log = _log(lab, log_name)
        end = tail(log)
        if _PORT_TAKEN.search(end) and not lab.processes.is_running(name):
            raise PortTakenError(f"{name} found its port taken by somebody else") from error
        raise HarnessError(f"{error}; the end of {log}:\n{end}") from error


@contextmanager
def _timed(report: Report, what: str) -> Iterator[None]:
    started_s = time.monotonic()
    yield
    report(f"{what} ({time.monotonic() - started_s:.1f} s)")


def _cache_numbers() -> range:
    return range(1, memcached.COUNT + 1)


def _log(lab: LocalDeployment, name: str) -> Path:
    return lab.logs / f"{name}.log"


def _command(lab: LocalDeployment, name: str, argv: list[str]) -> None:
    log = _log(lab, name)
    ended = lab.processes.run(name, argv, log=log, cwd=lab.folder.path, deadline_s=_COMMAND_S_MAX)
    if ended.exit_code != 0:
        raise HarnessError(f"{name} exited {ended.exit_code}; the end of {log}:\n{tail(log)}")
