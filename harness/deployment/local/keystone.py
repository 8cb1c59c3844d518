"""The configuration of one Keystone host: keystone.conf, its keys, and uWSGI's file."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from harness.deployment.local import mariadb, memcached
from harness.deployment.local.folder import LabFolder, make_private_folder, write_private
from harness.deployment.local.passwords import Passwords
from harness.deployment.local.ports import LOOPBACK
from harness.deployment.local.record import LabRecord
from harness.keystone.api import NODE_HEADER, RELEASE_HEADER, WORKER_HEADER
from harness.releases.prepare import InstalledRelease

KEY_REPOSITORIES = ("fernet-keys", "credential-keys", "receipt-keys")
_KEY_BYTES = 32
_KEYS_EACH = 2
"""`0` is staged, `1` is primary: what `fernet_setup` and `credential_setup` leave."""

_SPARE_DATABASE_CONNECTIONS = 2
_LOG_RECORD = "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s"
_HEADER_BYTES_MAX = 65_535
"""As deployment projects set it; tokens with long service catalogues once went through headers."""


@dataclass(frozen=True, slots=True)
class KeystoneConfig:
    """What keystone.conf says; the same for every host of the lab but for the paths of the keys."""

    database_port: int
    database_password: str
    cache_servers: tuple[str, ...]
    processes: int
    threads: int
    password_hash_rounds: int

    @classmethod
    def of(cls, folder: LabFolder, record: LabRecord, passwords: Passwords) -> Self:
        """For a lab."""
        return cls(
            database_port=record.database_port,
            database_password=passwords.database_keystone,
            cache_servers=tuple(
                f"unix:{folder.cache_socket(number)}" for number in range(1, memcached.COUNT + 1)
            ),
            processes=record.processes,
            threads=record.threads,
            password_hash_rounds=record.password_hash_rounds,
        )

    @property
    def database_connections(self) -> int:
        """How many a node holds at most."""
        return self.processes * (self.threads + _SPARE_DATABASE_CONNECTIONS)

    @property
    def database_url(self) -> str:
        """For SQLAlchemy, with the password in it."""
        return (
            f"mysql+pymysql://{mariadb.ACCOUNT}:{self.database_password}"
            f"@{LOOPBACK}:{self.database_port}/{mariadb.SCHEMA}?charset=utf8"
        )


def keystone_conf(config: KeystoneConfig, host: Path) -> str:
    """Text of keystone.conf for the host whose folder is `host`.

    Releases 23 to 30 read the same options; what is not set is upstream's default on purpose.
    """
    sections: Mapping[str, Mapping[str, object]] = {
        "DEFAULT": {
            "debug": "false",
            "use_stderr": "true",
            "logging_default_format_string": f"{_LOG_RECORD} [-] %(instance)s%(message)s",
            "logging_context_format_string": (
                f"{_LOG_RECORD} [%(global_request_id)s %(request_id)s] %(instance)s%(message)s"
            ),
        },
        "database": {
            "connection": config.database_url,
            "max_pool_size": config.threads,
            "max_overflow": _SPARE_DATABASE_CONNECTIONS,
        },
        "token": {"provider": "fernet"},
        "fernet_tokens": {"key_repository": host / "fernet-keys"},
        "fernet_receipts": {"key_repository": host / "receipt-keys"},
        "credential": {"key_repository": host / "credential-keys"},
        "identity": {"password_hash_rounds": config.password_hash_rounds},
        "cache": {
            "enabled": "true",
            "backend": "dogpile.cache.memcached",
            "memcache_servers": ",".join(config.cache_servers),
        },
    }
    return "\n".join(_section(name, options) for name, options in sections.items())


def write_host(host: Path, config: KeystoneConfig, keys: Path) -> None:
    """Write a host's keystone.conf and give it its own copy of the key repositories in `keys`."""
    make_private_folder(host)
    write_private(host / "keystone.conf", keystone_conf(config, host))
    for repository in KEY_REPOSITORIES:
        make_private_folder(host / repository)
        for key in sorted((keys / repository).iterdir()):
            write_private(host / repository / key.name, key.read_text(encoding="ascii"))


def make_keys(keys: Path) -> None:
    """Make new key repositories.

    A key is 32 random bytes in URL-safe base64, which is how the Fernet specification and the library behind
    `keystone-manage fernet_setup` have it. Three runs of keystone-manage would take 9 s to do the same.
    """
    make_private_folder(keys)
    for repository in KEY_REPOSITORIES:
        make_private_folder(keys / repository)
        make_key_repository(keys / repository)


def make_key_repository(repository: Path) -> None:
    """Fill a repository, whose folder is there, with new keys."""
    for number in range(_KEYS_EACH):
        key = base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode("ascii")
        write_private(repository / str(number), key)


def uwsgi_ini(installed: InstalledRelease, node: str, port: int, config: KeystoneConfig) -> str:
    """Text of uWSGI's configuration for a node that runs `installed`.

    What starts the application comes from the release's own entry in the catalogue: a file that still names
    the script of an older release never comes up.
    """
    option, application = installed.uwsgi_arguments
    log_record = (
        'request t="%(tmsecs)" %(method) %(uri) status=%(status) took_ms=%(msecs) '
        "id=%(var.HTTP_X_OPENSTACK_REQUEST_ID)"
    )
    options: Mapping[str, object] = {
        "http-socket": f"{LOOPBACK}:{port}",
        option.removeprefix("--"): application,
        "virtualenv": installed.prefix,
        "master": "true",
        "processes": config.processes,
        "threads": config.threads,
        "enable-threads": "true",
        # uWSGI's own default: the master loads Keystone once and forks. Deployment projects let each worker
        # load it (lazy-apps), which here would take both cores from the nodes that serve while one starts.
        # Nothing is shared by that: Keystone connects to database and caches with its first request.
        "need-app": "true",
        # TERM ends it, as a service manager expects; without this uWSGI takes TERM for a reload.
        "die-on-term": "true",
        # HUP: finish what is being answered, then end. By itself uWSGI would start again after that.
        "hook-master-start": "unix_signal:1 gracefully_kill_them_all",
        # Workers do not outlive a killed master, or they would go on serving the old release on its port.
        "no-orphans": "true",
        "buffer-size": _HEADER_BYTES_MAX,
        "log-format": log_record,
    }
    headers = {
        NODE_HEADER: node,
        RELEASE_HEADER: installed.release.version,
        # uWSGI closes after every answer without saying so. A balancer that takes the connection for a
        # kept one sends its next request into the close: "SD" in HAProxy's log, and a cut client, about one
        # request in a hundred on kept client connections, with no upgrade at all. DevStack sends this too.
        "Connection": "close",
    }
    lines = [f"{name} = {value}" for name, value in options.items()]
    lines += [f"add-header = {name}: {value}" for name, value in headers.items()]
    lines.append(f"route-run = addheader:{WORKER_HEADER}: ${{uwsgi[wid]}}")
    return "[uwsgi]\n" + "\n".join(lines) + "\n"


def _section(name: str, options: Mapping[str, object]) -> str:
    lines = "".join(f"{key} = {value}\n" for key, value in options.items())
    return f"[{name}]\n{lines}"
