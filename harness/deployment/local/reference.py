"""The known-good target: a second HAProxy that answers by itself, probed beside Keystone."""

from __future__ import annotations

import http.client
from pathlib import Path

from harness.deployment.local.folder import LabFolder, write_private
from harness.deployment.local.ports import LOOPBACK
from harness.deployment.local.requirements import need_program
from harness.evidence.names import REFERENCE_BODY

NAME = "reference"
_ANSWER_S_MAX = 2.0


def reference_cfg(port: int) -> str:
    """Text of its configuration: every request is answered at once, from memory, without a server behind.

    It shares nothing with the balancer but the program, so that whatever hurts both is the machine's doing.
    """
    body = REFERENCE_BODY.decode("ascii")
    return f"""\
global
    log stdout format raw local0 notice
    maxconn 1024

defaults
    mode http
    log global
    timeout client 60s
    timeout http-request 60s
    timeout http-keep-alive 60s

frontend reference
    bind {LOOPBACK}:{port}
    http-request return status 200 content-type application/json string '{body}'
"""


def server_command(folder: LabFolder) -> list[str]:
    """How it is started: one process in the foreground."""
    return [str(need_program("haproxy")), "-db", "-f", str(config_path(folder))]


def write(folder: LabFolder, port: int) -> None:
    """Write down where it listens, and its configuration."""
    write_private(_port_path(folder), f"{port}\n")
    write_private(config_path(folder), reference_cfg(port))


def port(folder: LabFolder) -> int | None:
    """Where it listens; None in a lab without one.

    Not in the lab's record: an older harness that finds a field more in it takes the lab for a leftover.
    """
    try:
        return int(_port_path(folder).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _port_path(folder: LabFolder) -> Path:
    return folder.path / "reference.port"


def config_path(folder: LabFolder) -> Path:
    """Where its configuration is."""
    return folder.path / "reference.cfg"


def objection(port: int) -> str | None:
    """Why it is not ready, or None where it answers as it should."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_ANSWER_S_MAX)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    if (answer.status, body) == (200, REFERENCE_BODY):
        return None
    return f"it answered {answer.status} with {body[:64]!r}"
