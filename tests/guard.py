"""Which marker a test has to carry for what it starts or imports."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence, Set
from itertools import pairwise
from pathlib import PurePath

IMPLIED = {
    "faults": ("run", "lab", "process"),
    "run": ("lab", "process"),
    "lab": ("process",),
    "browser": ("process",),
}
"""What each marker covers: a whole run has a lab, whose servers are processes."""
SERVERS = {"mariadbd", "mysqld", "mariadb-install-db", "haproxy", "memcached", "uwsgi", "keystone-manage"}
INSTALLERS = {"uv", "apt-get", "dnf"}
PUT_IN_PLACE = "/pytest-of-"
"""A small script that a test wrote into its own folder is no server, whatever it is called."""
BROWSERS = {"chromium", "chromium-browser", "google-chrome", "chromedriver"}
OWN = {"harness", "locust"}
"""A command of ours or a generator takes seconds before it does anything, for what it has to import."""


class SlippedInError(BaseException):
    """A test does what its markers do not say; no `except Exception` on the way may hide it."""


def marker_of_program(command: Sequence[str]) -> str | None:
    """Return the marker that a test needs to start a command; None where it needs none."""
    names = {PurePath(part).name for part in command if PUT_IN_PLACE not in part}
    if names & (SERVERS | INSTALLERS):
        return "lab"
    if names & BROWSERS:
        return "browser"
    return "process" if OWN & {PurePath(command[0]).name, _module(command)} else None


def _module(command: Sequence[str]) -> str:
    """The package that `python -m` runs; empty where the command is another one."""
    after_m = next((after for flag, after in pairwise(command) if flag == "-m"), "")
    return after_m.partition(".")[0]


def marker_of_import(module: str) -> str | None:
    """Return the marker that a test needs to import a module; None where it needs none."""
    return "browser" if module.partition(".")[0] == "selenium" else None


def watch(carried: Callable[[], Set[str]]) -> None:
    """Refuse from now on what the markers that `carried` returns do not cover.

    An audit hook sees every program that is started and every import, whoever does it, for as long as this
    process lives.
    """

    def hook(event: str, details: tuple[object, ...]) -> None:
        if event == "subprocess.Popen":
            needed = marker_of_program(_words(details[1]))
        elif event == "import":
            needed = marker_of_import(str(details[0]))
        else:
            return
        if needed is not None and needed not in carried():
            raise SlippedInError(f"{event} {details[:2]}: only a test that is marked `{needed}` may do that")

    sys.addaudithook(hook)


def _words(command: object) -> list[str]:
    """The arguments of a command, which an audit event has as a line, or as strings, bytes or paths."""
    if isinstance(command, str | bytes):
        return str(command).split()
    return [str(part) for part in command] if isinstance(command, Iterable) else []
