"""HAProxy's configuration: what a deployment project would give it, on loopback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.deployment.local.folder import LabFolder
from harness.deployment.local.ports import LOOPBACK
from harness.deployment.local.requirements import need_program
from harness.keystone.api import BALANCER_SERVER_HEADER
from harness.scenario import BalancerSettings

NAME = "haproxy"
BACKEND = "keystone"

_CLIENT_S = 60
"""Longer than any deadline of a request, so that the balancer never ends a request first."""

_LOG_RECORD = (
    "t=%tr client=%ci:%cp server=%s status=%ST ts=%tsc retries=%rc "
    "req/queue/connect/response/all_ms=%TR/%Tw/%Tc/%Tr/%Ta bytes=%B id=%[capture.req.hdr(0)] %HM %HP"
)


@dataclass(frozen=True, slots=True)
class Member:
    """A node as the balancer knows it."""

    name: str
    port: int


def haproxy_cfg(settings: BalancerSettings, port: int, members: Sequence[Member], admin_socket: Path) -> str:
    """Text of haproxy.cfg.

    Health check, its times and the retries are kolla-ansible's defaults unless the scenario says otherwise.
    """
    check = f"inter {round(settings.check_interval_s * 1000)}ms rise {settings.rise} fall {settings.fall}"
    servers = "".join(f"    server {m.name} {LOOPBACK}:{m.port} check\n" for m in members)
    redispatch = "option redispatch" if settings.redispatch else "no option redispatch"
    return f"""\
global
    log stdout format raw local0
    stats socket {admin_socket} mode 600 level admin
    maxconn 4096

defaults
    mode http
    log global
    timeout connect 10s
    timeout client {_CLIENT_S}s
    timeout server {_CLIENT_S}s
    timeout queue {_CLIENT_S}s
    timeout http-request {_CLIENT_S}s
    timeout http-keep-alive {_CLIENT_S}s
    timeout check 10s
    retries {settings.retries}
    {redispatch}

frontend public
    bind {LOOPBACK}:{port}
    http-request capture req.hdr(X-OpenStack-Request-ID) len 64
    # Answers that the balancer makes itself carry it too: a 502 says which node it is about.
    http-after-response set-header {BALANCER_SERVER_HEADER} %[srv_name]
    log-format "{_LOG_RECORD}"
    default_backend {BACKEND}

backend {BACKEND}
    balance roundrobin
    option httpchk GET /healthcheck
    default-server {check}
{servers}"""


def server_command(folder: LabFolder) -> list[str]:
    """How HAProxy is started: one process in the foreground."""
    return [str(need_program("haproxy")), "-db", "-f", str(config_path(folder))]


def config_path(folder: LabFolder) -> Path:
    """Where its configuration is."""
    return folder.path / "haproxy.cfg"
