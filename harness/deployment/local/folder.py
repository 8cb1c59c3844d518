"""The folder of one lab: where everything of a local deployment lives, readable by its owner only."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.evidence.drafts import replace_file

PRIVATE_FOLDER_MODE = 0o700
PRIVATE_FILE_MODE = 0o600

_SOCKET_PATH_MAX = 107
"""Bytes: the kernel's sun_path is 108 with its final NUL."""
_SOCKET_DRAFT = ".1234567.tmp"
"""HAProxy binds its socket under a draft name, with its pid, before it renames it."""
_UNFIT = re.compile(r"[\s,;$%#@'\"\\]")
"""Characters that mean something in one of the servers' configuration files."""


@dataclass(frozen=True, slots=True)
class LabFolder:
    """Paths of a lab below its folder; nothing outside is written but the logs."""

    path: Path

    @property
    def id(self) -> str:
        """The lab's short name."""
        return self.path.name

    @property
    def record(self) -> Path:
        """`lab.json`: what the lab is and who owns it."""
        return self.path / "lab.json"

    @property
    def secrets(self) -> Path:
        """`secrets.json`: its passwords."""
        return self.path / "secrets.json"

    @property
    def processes(self) -> Path:
        """One file for each process that was started and not yet seen to end."""
        return self.path / "processes"

    @property
    def sealed_processes(self) -> Path:
        """Where `processes` is moved when the lab goes down, so that nothing more can start."""
        return self.path / "processes-sealed"

    @property
    def sockets(self) -> Path:
        """Unix sockets."""
        return self.path / "run"

    @property
    def database_socket(self) -> Path:
        """Where MariaDB listens for the harness."""
        return self.sockets / "db.sock"

    @property
    def balancer_socket(self) -> Path:
        """The admin socket of HAProxy."""
        return self.sockets / "lb.sock"

    def cache_socket(self, number: int) -> Path:
        """Where memcached 1 or 2 listens."""
        return self.sockets / f"mc{number}.sock"

    @property
    def data(self) -> Path:
        """MariaDB's data directory."""
        return self.path / "db"

    @property
    def temporary(self) -> Path:
        """TMPDIR and HOME of every process of the lab."""
        return self.path / "tmp"

    def host(self, name: str) -> Path:
        """The folder of a node, or of the upgrade host: its configuration and keys."""
        return self.path / "hosts" / name

    @property
    def longest_socket(self) -> Path:
        """The socket whose path is the longest that the kernel will be given."""
        return self.balancer_socket.with_name(self.balancer_socket.name + _SOCKET_DRAFT)

    def check_path(self) -> None:
        """Refuse a folder whose path the servers could not work with.

        Raises:
            UsageError: the path is too long for a unix socket, or holds a character that a server's
                configuration would misread.
        """
        unfit = _UNFIT.search(str(self.path))
        if unfit:
            raise UsageError(
                f"the lab folder {self.path} has the character {unfit[0]!r} in its path, which the servers' "
                "configuration files cannot hold; set HARNESS_HOME to a folder without it"
            )
        length = len(os.fsencode(self.longest_socket))
        if length > _SOCKET_PATH_MAX:
            raise UsageError(
                f"the lab folder {self.path} is too deep: the path of a unix socket in it would have "
                f"{length} bytes, the system allows {_SOCKET_PATH_MAX}; set HARNESS_HOME to a shorter path"
            )

    def make(self) -> None:
        """Make the folder and those below it, closed to others.

        Raises:
            UsageError: it cannot be made.
        """
        self.check_path()
        for folder in (self.path, self.processes, self.sockets, self.temporary, self.path / "hosts"):
            make_private_folder(folder)


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, open to its owner only.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=PRIVATE_FOLDER_MODE, exist_ok=True)
        folder.chmod(PRIVATE_FOLDER_MODE)
    except OSError as error:
        raise UsageError(
            f"the folder {folder} cannot be made ({error.strerror}); set HARNESS_HOME to a folder of yours"
        ) from error


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner reads, so that a reader sees the old or the new one, never a part."""
    replace_file(path, content.encode())
