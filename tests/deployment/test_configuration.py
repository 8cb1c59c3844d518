"""What the servers of a lab are told."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest

from harness.deployment.local import mariadb, memcached
from harness.deployment.local.folder import LabFolder
from harness.deployment.local.haproxy import Member, haproxy_cfg
from harness.deployment.local.keystone import KeystoneConfig, keystone_conf, make_keys, uwsgi_ini, write_host
from harness.deployment.local.passwords import Passwords
from harness.deployment.local.settings import LocalSettings
from harness.releases.catalogue import load_catalogue
from harness.releases.prepare import InstalledRelease
from harness.scenario import BalancerSettings, DeploymentSettings

CONFIG = KeystoneConfig(
    database_port=3307,
    database_password="db-secret",
    cache_servers=("unix:/lab/run/mc1.sock", "unix:/lab/run/mc2.sock"),
    processes=2,
    threads=3,
    password_hash_rounds=4,
)


def parsed(text: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    return parser


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_keystone_uses_fernet_tokens_the_shared_caches_and_the_rounds_of_the_scenario() -> None:
    conf = parsed(keystone_conf(CONFIG, Path("/lab/hosts/node-1")))
    assert conf["token"]["provider"] == "fernet"
    assert conf["identity"]["password_hash_rounds"] == "4"
    assert conf["cache"]["enabled"] == "true"
    assert conf["cache"]["memcache_servers"] == "unix:/lab/run/mc1.sock,unix:/lab/run/mc2.sock"
    assert conf["database"]["connection"] == (
        "mysql+pymysql://keystone:db-secret@127.0.0.1:3307/keystone?charset=utf8"
    )


def test_a_thread_of_a_node_always_finds_a_database_connection() -> None:
    conf = parsed(keystone_conf(CONFIG, Path("/lab/hosts/node-1")))
    assert int(conf["database"]["max_pool_size"]) == CONFIG.threads
    assert CONFIG.database_connections == 2 * (3 + int(conf["database"]["max_overflow"]))


def test_the_log_of_keystone_has_the_request_id_of_the_prober_and_no_debugging() -> None:
    conf = parsed(keystone_conf(CONFIG, Path("/lab/hosts/node-1")))
    assert "%(global_request_id)s" in conf["DEFAULT"]["logging_context_format_string"]
    assert conf["DEFAULT"]["debug"] == "false"


@pytest.mark.parametrize(
    ("version", "line"),
    [
        ("27.1.0", "wsgi-file = /env/bin/keystone-wsgi-public"),
        ("29.1.0", "module = keystone.wsgi.api:application"),
    ],
)
def test_a_release_is_served_as_its_catalogue_entry_says(version: str, line: str) -> None:
    installed = InstalledRelease(load_catalogue().find(version), Path("/env"))
    lines = uwsgi_ini(installed, "node-2", 20002, CONFIG).splitlines()
    assert line in lines
    assert "add-header = X-Keystone-Node: node-2" in lines
    assert f"add-header = X-Keystone-Release: {version}" in lines
    assert "http-socket = 127.0.0.1:20002" in lines
    assert {"processes = 2", "threads = 3"} <= set(lines)


def test_a_host_has_its_own_copy_of_the_same_keys_closed_to_others(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    for name in ("node-1", "node-2"):
        write_host(tmp_path / name, CONFIG, tmp_path / "keys")
    first, second = tmp_path / "node-1", tmp_path / "node-2"
    for repository in ("fernet-keys", "credential-keys", "receipt-keys"):
        for key in ("0", "1"):
            assert (first / repository / key).read_text() == (second / repository / key).read_text()
        assert (first / repository / "0").read_text() != (first / repository / "1").read_text()
    assert {mode(path) for path in first.rglob("*") if path.is_file()} == {0o600}
    assert {mode(path) for path in [first, *first.rglob("*")] if path.is_dir()} == {0o700}


def test_haproxy_checks_and_retries_as_the_scenario_says() -> None:
    settings = BalancerSettings(retries=1, redispatch=False, check_interval_s=0.5, rise=3, fall=4)
    lines = [line.strip() for line in _haproxy(settings)]
    assert "retries 1" in lines
    assert "no option redispatch" in lines
    assert "default-server inter 500ms rise 3 fall 4" in lines
    assert "server node-1 127.0.0.1:20001 check" in lines
    assert "option httpchk GET /healthcheck" in lines


def test_haproxy_listens_on_loopback_and_its_admin_socket_is_the_owners() -> None:
    lines = [line.strip() for line in _haproxy(BalancerSettings())]
    assert [line for line in lines if line.startswith("bind")] == ["bind 127.0.0.1:20000"]
    assert "stats socket /lab/run/lb.sock mode 600 level admin" in lines


def test_haproxy_ends_no_request_before_the_deadline_of_a_probe() -> None:
    lines = [line.strip() for line in _haproxy(BalancerSettings())]
    deadline_s = 10
    waits = [line.split() for line in lines if line.startswith(("timeout client", "timeout server"))]
    assert len(waits) == 2
    assert all(int(words[2].removesuffix("s")) > deadline_s for words in waits)


def test_mariadb_writes_a_binary_log_and_listens_on_loopback_only() -> None:
    folder = LabFolder(Path("/lab"))
    argv = mariadb.server_command(folder, port=3307, connections=18, init=Path("/lab/accounts.sql"))
    assert "--log-bin=binlog" in argv
    assert "--bind-address=127.0.0.1" in argv
    assert argv[1] == "--no-defaults"


def test_passwords_reach_mariadb_in_a_file_of_the_owner_and_no_root_is_left_without(tmp_path: Path) -> None:
    passwords = Passwords.new()
    mariadb.write_accounts(tmp_path / "accounts.sql", passwords)
    text = (tmp_path / "accounts.sql").read_text()
    assert mode(tmp_path / "accounts.sql") == 0o600
    assert f"'root'@'localhost' IDENTIFIED BY '{passwords.database_root}'" in text
    assert "DELETE FROM mysql.global_priv WHERE User IN ('root', '') AND Host <> 'localhost'" in text
    assert "GRANT ALL PRIVILEGES ON keystone.* TO 'keystone'@'127.0.0.1'" in text


def test_memcached_listens_on_a_socket_that_only_the_owner_may_use() -> None:
    argv = memcached.command(LabFolder(Path("/lab")), 2)
    assert argv[1:5] == ["-s", "/lab/run/mc2.sock", "-a", "0700"]


def test_every_lab_has_passwords_of_its_own_and_never_shows_them() -> None:
    first, second = Passwords.new(), Passwords.new()
    assert len({first.admin, first.database_root, first.database_keystone, second.admin}) == 4
    assert first.admin not in repr(first)


def test_nodes_are_numbered_in_the_order_in_which_they_are_rolled() -> None:
    settings = LocalSettings.of(DeploymentSettings(nodes=2), BalancerSettings())
    assert settings.node_names == ("node-1", "node-2")


def _haproxy(settings: BalancerSettings) -> list[str]:
    return haproxy_cfg(settings, 20000, [Member("node-1", 20001)], Path("/lab/run/lb.sock")).splitlines()
