"""Starts and ends the process that serves the page of a run."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.errors import UsageError
from harness.evidence.jsonl import PRIVATE_FILE_MODE
from harness.evidence.rundir import RunDirectory

_END_DEADLINE_S = 5.0
_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Address:
    """Where a page will be served: a socket that listens already, and a path that nobody can guess."""

    listening: socket.socket
    port: int
    token: str = field(repr=False)

    @property
    def url(self) -> str:
        """To be opened in a browser of this machine; who has it can read the run."""
        return f"http://127.0.0.1:{self.port}/{self.token}/"


def listen(port: int) -> Address:
    """Take a port of loopback, a free one where `port` is 0.

    Raises:
        UsageError: the port is taken or not allowed.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(socket.SOMAXCONN)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"--live-port {port}: cannot be listened on ({error.strerror}); "
            "name another port, or leave it out for a free one."
        ) from error
    return Address(listening, listening.getsockname()[1], secrets.token_urlsafe(_TOKEN_BYTES))


@contextlib.contextmanager
def served(address: Address, run: RunDirectory) -> Iterator[None]:
    """Serve the page of `run` until the end of the block, in a process of its own.

    The run does not hang on it: a page that ends early, or never begins, is no fault of the run.
    """
    # Token and folder go by standard input: arguments are open to every user of the machine.
    order = {"run": str(run.path), "token": address.token, "socket": address.listening.fileno()}
    command = [sys.executable, "-m", "harness.report.live"]
    process = None
    with contextlib.suppress(OSError), open(run.logs / "page.log", "ab", opener=_private) as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=(address.listening.fileno(),),
            start_new_session=True,
        )
    address.listening.close()
    try:
        if process is not None:
            _tell(process, json.dumps(order).encode() + b"\n")
        yield
    finally:
        if process is not None:
            _end(process)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE_MODE)


def _tell(process: subprocess.Popen[bytes], task: bytes) -> None:
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.write(task)
            process.stdin.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close its standard input, on which it ends; kill it where it does not."""
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(_END_DEADLINE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
