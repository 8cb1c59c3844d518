"""Which process a pid means: a pid alone is used again by the system, its start time is not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_STATE, _SESSION, _THREADS, _START = 0, 3, 17, 19
"""Places of the fields in /proc/<pid>/stat after the name of the program; see proc(5)."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process of this machine, now and until the machine is started again."""

    pid: int
    start_ticks: int
    """Clock ticks between the start of the machine and that of the process: exact, unlike a wall time."""

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """Return the process that has this pid now; None if there is none or it is only a zombie."""
        fields = _fields(pid)
        if fields is None or _is_over(fields):
            return None
        return cls(pid, int(fields[_START]))

    @classmethod
    def parse(cls, stat: str) -> ProcessIdentity | None:
        """Read a saved line of /proc/<pid>/stat; None where it is torn."""
        pid, separator, _ = stat.partition(" (")
        fields = _split(stat)
        if not separator or len(fields) <= _START or not pid.isdigit():
            return None
        return cls(int(pid), int(fields[_START]))

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return ProcessIdentity.of(self.pid) == self


def session_of(pid: int) -> int | None:
    """Return the session a living process belongs to; None if it is gone or only a zombie."""
    fields = _fields(pid)
    return None if fields is None or _is_over(fields) else int(fields[_SESSION])


@cache
def machine() -> str:
    """Name this start of this machine, and the set of pids seen from here: pids mean nothing elsewhere."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}/{Path('/proc/self/ns/pid').readlink().name}"


def same_boot(machine_name: str) -> bool:
    """Whether a name given by `machine` is of this start of the machine, in whatever container."""
    return machine_name.partition("/")[0] == machine().partition("/")[0]


def current() -> ProcessIdentity:
    """The process that runs this code."""
    found = ProcessIdentity.of(os.getpid())
    if found is None:  # pragma: no cover - a process that runs is not a zombie
        raise RuntimeError("the running process is not in /proc")
    return found


def _is_over(fields: list[str]) -> bool:
    """Whether only a zombie is left; while other threads of it still end, it still holds its ports."""
    return fields[_STATE] in "ZX" and int(fields[_THREADS]) <= 1


def _fields(pid: int) -> list[str] | None:
    try:
        return _split(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def _split(stat: str) -> list[str]:
    """Split what follows the program's name, which may itself hold spaces and parentheses."""
    return stat.rpartition(")")[2].split()
