"""The two memcached that the nodes share, on unix sockets in the lab's folder."""

from __future__ import annotations

import os
import socket

from harness.deployment.local.folder import LabFolder
from harness.deployment.local.requirements import need_program

COUNT = 2
_MEMORY_MB = 64
_ANSWER_S_MAX = 2.0


def server_name(number: int) -> str:
    """Name of the process and of its log."""
    return f"memcached-{number}"


def command(folder: LabFolder, number: int) -> list[str]:
    """How memcached is started.

    memcached knows no password. A socket in a closed folder keeps everybody else out, which a TCP port on
    loopback would not; and no two labs can come to share one, which would mix their tokens.
    """
    arguments = ["-s", str(folder.cache_socket(number)), "-a", "0700", "-m", str(_MEMORY_MB)]
    if os.geteuid() == 0:
        arguments += ["-u", "root"]  # it refuses to run as root unless told
    return [str(need_program("memcached")), *arguments]


def objection(folder: LabFolder, number: int) -> str | None:
    """Why it can not be used yet, or None where it answers."""
    try:
        stats(folder, number)
    except OSError as error:
        return str(error)
    return None


def flush(folder: LabFolder, number: int) -> None:
    """Forget everything that is cached.

    Raises:
        OSError: it does not answer.
    """
    answer = _exchange(folder, number, b"flush_all\r\n", b"\r\n")
    if answer != b"OK\r\n":
        raise ConnectionError(f"memcached answered {answer[:40]!r} to flush_all")


def stats(folder: LabFolder, number: int) -> dict[str, str]:
    """Return memcached's own counters: `cmd_set`, `get_hits`, `curr_items`, `version`, ...

    Raises:
        OSError: it does not answer.
    """
    text = _exchange(folder, number, b"stats\r\n", b"END\r\n")
    lines = (line.split(" ", 2) for line in text.decode("ascii").splitlines())
    return {line[1]: line[2] for line in lines if len(line) == 3 and line[0] == "STAT"}


def _exchange(folder: LabFolder, number: int, command: bytes, end: bytes) -> bytes:
    """Send a command and read its answer up to `end`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_ANSWER_S_MAX)
        connection.connect(str(folder.cache_socket(number)))
        connection.sendall(command)
        text = b""
        while not text.endswith(end):
            part = connection.recv(65_536)
            if not part:
                raise ConnectionError("memcached closed the connection")
            text += part
    return text
