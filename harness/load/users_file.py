"""Looks at a users' file from outside: it imports locust, which patches the process that does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from harness.errors import ExitCode, HarnessError, UsageError

LOAD_DEADLINE_S = 60.0
"""Locust itself takes 1 to 3 s to import, more on a busy machine."""
_WORDS_MAX = 2_000


def need_users(path: Path, users: int, client_users: int) -> None:
    """Load a users' file in a child of its own; none is started where no users are asked for.

    Raises:
        UsageError: it can not be loaded, or lacks a kind of user that is asked for.
        HarnessError: the child ended without telling why.
    """
    if not users + client_users:
        return
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "harness.load.users", str(path), str(users), str(client_users)]
    try:
        code = _ended([*command, str(writing)], writing, path)
    finally:
        os.close(writing)
        words = _said(reading)
    if code == ExitCode.USAGE and words:
        raise UsageError(words)
    if code != ExitCode.PASS:
        raise HarnessError(f"{path}: the process that was to load it ended with status {code}")


def _ended(command: list[str], writing: int, path: Path) -> int:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(writing,),
            timeout=LOAD_DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(
            f"{path}: was not loaded within {LOAD_DEADLINE_S:.0f} s; a Locust file only says what its users "
            "do, and does nothing itself."
        ) from error
    return done.returncode


def _said(reading: int) -> str:
    """What stands in the pipe; what the file started, and left running, may keep its other end open."""
    os.set_blocking(reading, False)
    try:
        return os.read(reading, _WORDS_MAX).decode(errors="replace")
    except BlockingIOError:
        return ""
    finally:
        os.close(reading)
