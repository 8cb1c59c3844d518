"""A small fast server to measure generators against: one HAProxy that answers every request by itself."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UsageError
from harness.load.spec import Account, Accounts

USER_PATH = "/v3/users/bench-id"
_ACCOUNT = Account("bench", "bench", "bench-id", "Default", "bench", "Default", "bench-project")
ACCOUNTS = Accounts(operator=_ACCOUNT, probes=(_ACCOUNT,), users=(), clients=())
_START_S = 10.0

_TOKEN = {
    "token": {
        "user": {"id": "bench-id"},
        "project": {"id": "bench-project"},
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": "2036-01-01T00:00:00.000000Z",
    }
}
_USER = {"user": {"id": "bench-id", "name": "bench", "domain_id": "default", "enabled": True, "links": {}}}

_CONFIG = """\
global
    nbthread 1
    maxconn 4000
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend bench
    bind 127.0.0.1:{port} backlog 4096
    http-request return status 201 content-type {json} file {token} hdr X-Subject-Token t if METH_POST
    http-request return status 200 content-type {json} file {user} hdr X-Keystone-Node bench
"""


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start it; yields its base URL.

    Raises:
        UsageError: HAProxy is not installed, or did not start.
    """
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise UsageError("haproxy is not installed; `harness check` says how to install it.")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, port = Path(name), _free_port()
        token, user, config = folder / "token.json", folder / "user.json", folder / "haproxy.cfg"
        token.write_text(json.dumps(_TOKEN))
        user.write_text(json.dumps(_USER))
        config.write_text(_CONFIG.format(port=port, json="application/json", token=token, user=user))
        process = subprocess.Popen([program, "-db", "-q", "-f", str(config)])
        try:
            _wait_until_open(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(_START_S)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise UsageError(f"the benchmarks' haproxy did not open port {port} in {_START_S:g} s.")
