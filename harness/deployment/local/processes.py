"""The processes of one lab: each on the disk before it runs, each ended by that record and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.deployment.local.folder import PRIVATE_FILE_MODE, LabFolder
from harness.deployment.local.identity import ProcessIdentity, session_of
from harness.errors import HarnessError, WaitTimeoutError
from harness.evidence.clock import now_ns
from harness.redact import redacted

_LAUNCHER = 'read -r stat </proc/$$/stat && printf "%s\\n" "$stat" >"$0" && exec "$@"'
"""The shell writes down who it is, then becomes the server: there is no instant at which a server runs and
no record names it, and without a record (a full disk) no server runs."""

_POLL_S = 0.05
_LAUNCH_S_MAX = 10.0
"""The shell needs about a millisecond; this is for a machine that is out of memory or worse."""
_LAUNCH_POLL_S = 0.001
_KILL_S_MAX = 10.0
"""How long the kernel gets to end processes that were sent SIGKILL."""
_TAIL_BYTES = 16_384


_children: set[int] = set()
"""Pids of servers that this very process started."""
_reaping = threading.Lock()
_reaped: dict[int, int] = {}
"""Pid of a server that has ended -> what the kernel said of its end."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that was started for the lab."""

    name: str
    """Name of the server, such as `mariadb` or `node-1`."""
    identity: ProcessIdentity
    """The leader of a session of its own; its workers are in the same session."""
    record: Path


@dataclass(frozen=True, slots=True)
class Fallen:
    """A server that ended although nobody here ended it."""

    name: str
    wait_status: int | None
    """As waitpid(2) has it; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that was run to its end."""

    exit_code: int
    """Negative: the signal that ended it."""
    duration_s: float


class Processes:
    """Starts the lab's processes, finds them again from the disk, and ends them."""

    def __init__(self, folder: LabFolder) -> None:
        self._folder = folder
        self._ours: set[Path] = set()
        """Records of servers that this process started."""
        self._ending: set[Path] = set()
        """Of those, the ones that it has begun to end."""
        self._fallen: dict[Path, Fallen] = {}

    def start(
        self, name: str, argv: list[str], *, log: Path, cwd: Path, env: Mapping[str, str] | None = None
    ) -> Server:
        """Start a program in a session of its own and return at once.

        Its output is appended to `log`. Ctrl-C in the terminal does not reach it.

        Raises:
            HarnessError: it could not be started.
        """
        popen, record = self._launch(name, argv, log, cwd, env or {})
        popen.returncode = 0  # `_reap` takes note of its end, perhaps from another thread: Popen must not
        _reaped.pop(popen.pid, None)
        _children.add(popen.pid)
        until = time.monotonic() + _LAUNCH_S_MAX
        while (identity := ProcessIdentity.parse(_read(record))) is None:
            if ProcessIdentity.of(popen.pid) is None or time.monotonic() > until:
                raise HarnessError(f"{name} could not be started; the end of {log}: {tail(log)}")
            time.sleep(_LAUNCH_POLL_S)
        self._ours.add(record)
        return Server(name, identity, record)

    def run(
        self,
        name: str,
        argv: list[str],
        *,
        log: Path,
        cwd: Path,
        deadline_s: float,
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command to its end, its output appended to `log`; whatever it exits with is data.

        Raises:
            WaitTimeoutError: it ran over `deadline_s` and was ended.
        """
        started_s = time.monotonic()
        popen, record = self._launch(name, argv, log, cwd, env or {})
        try:
            exit_code = popen.wait(deadline_s)
        except subprocess.TimeoutExpired as error:
            last_seen = redacted(tail(log, 1))
            raise WaitTimeoutError(f"the command {name} to end", deadline_s, last_seen) from error
        finally:
            if popen.returncode is None:
                self._end_command(name, popen.pid, record)
                popen.returncode = -signal.SIGKILL
            record.unlink(missing_ok=True)
        return Ended(exit_code, time.monotonic() - started_s)

    def _launch(
        self, name: str, argv: list[str], log: Path, cwd: Path, env: Mapping[str, str]
    ) -> tuple[subprocess.Popen[bytes], Path]:
        record = self._folder.processes / f"{name}-{time.monotonic_ns()}"
        with open(log, "ab", opener=_private) as sink:
            popen = subprocess.Popen(
                ["/bin/sh", "-c", _LAUNCHER, str(record), *argv],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=self.environment(env),
                start_new_session=True,
                umask=0o077,
            )
        return popen, record

    def _end_command(self, name: str, pid: int, record: Path) -> None:
        """End a command that shall not go on, with what it started."""
        identity = ProcessIdentity.of(pid)  # it is a child that nobody has reaped: the pid is still its own
        if identity is not None:
            self._end([Server(name, identity, record)], _KILL_S_MAX)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The environment of a process of the lab: nothing of the person's own but PATH.

        A stray OS_* variable, a ~/.my.cnf or a ~/.keystone would otherwise change what the lab does.
        """
        home = str(self._folder.temporary)
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "TZ": "UTC", **more}

    def found(self, name: str | None = None) -> list[Server]:
        """Return the recorded processes, whether they live or not; those of one server if `name` is given."""
        servers = []
        for record in self._records():
            identity = ProcessIdentity.parse(_read(record))
            server_name = record.name.rpartition("-")[0]
            if identity is not None and name in (None, server_name):
                servers.append(Server(server_name, identity, record))
        return servers

    def seal(self) -> None:
        """Let nothing more start: a shell that has not yet written its record finds no place for it and ends.

        Without this a process whose start was interrupted could come to life behind the back of `end`.
        """
        with suppress(FileNotFoundError):
            self._folder.processes.rename(self._folder.sealed_processes)
        until = time.monotonic() + _LAUNCH_S_MAX
        while time.monotonic() < until and any(_read(record) == "" for record in self._records()):
            time.sleep(_LAUNCH_POLL_S)  # opened, and written within microseconds unless the disk is full

    def _records(self) -> list[Path]:
        folders = (self._folder.processes, self._folder.sealed_processes)
        return sorted(record for folder in folders for record in folder.glob("*"))

    def is_running(self, name: str) -> bool:
        """Whether a process of this server is alive, its workers included."""
        return any(self._lives(server) for server in self.found(name))

    def members(self, server: Server) -> list[ProcessIdentity]:
        """Return the living processes of a server: the one that was started and all in its session."""
        _reap(server.identity.pid)
        now = ProcessIdentity.of(server.identity.pid)
        if now is not None and now != server.identity:
            return []  # the pid belongs to somebody else by now
        members = _session(server.identity.pid)
        return members if now else [each for each in members if self._is_inside(each)]

    def fallen(self) -> list[Fallen]:
        """Servers of this process that have ended though nobody here ended them, as they were found.

        Usable beside whoever starts and ends servers: who ends one says so before.
        """
        for server in self.found():
            if server.record not in self._ours or server.identity.is_alive():
                continue
            # Asked only now that it is over: whoever ends a server says so before.
            if server.record not in self._ending and server.record not in self._fallen:
                _reap(server.identity.pid)
                self._fallen[server.record] = Fallen(server.name, _reaped.get(server.identity.pid))
        return list(self._fallen.values())

    def is_to_run(self, name: str) -> bool:
        """Whether this process started it, and has not begun to end it."""
        ours = (server for server in self.found(name) if server.record in self._ours)
        return any(server.record not in self._ending for server in ours)

    def _will_end(self, servers: Iterable[Server]) -> None:
        """From now on their end is no accident; of one that has ended already it was."""
        self.fallen()
        self._ending.update(server.record for server in servers)

    def stop(self, name: str, number: signal.Signals, deadline_s: float) -> int:
        """Send a signal to a server's leader, not to its workers, and return once all of them are gone.

        Returns:
            When it was told, by CLOCK_MONOTONIC in nanoseconds.

        Raises:
            WaitTimeoutError: one is still there after `deadline_s`.
        """
        servers = self.found(name)
        self._will_end(servers)
        seen = self._all_members(servers)
        told_ns = now_ns()
        _signal([server.identity for server in servers], number)
        left = self._wait(servers, seen, deadline_s)
        if left:
            raise WaitTimeoutError(f"{name} to end", deadline_s, f"still running: pid {_pids(left)}")
        return told_ns

    def end(self, names: Iterable[str], deadline_s: float) -> None:
        """TERM, then after `deadline_s` KILL, and return once all processes of these servers are gone.

        Raises:
            WaitTimeoutError: one survived even SIGKILL.
        """
        self._end(self._found_among(names), deadline_s)

    def kill(self, names: Iterable[str]) -> int:
        """KILL every process of these servers at once and return when they are gone.

        Returns:
            When they were told, by CLOCK_MONOTONIC in nanoseconds.

        Raises:
            WaitTimeoutError: one survived.
        """
        return self._kill(self._found_among(names))

    def all_of(self, names: Iterable[str]) -> list[ProcessIdentity]:
        """Every living process of these servers, workers included."""
        return self._all_members(self._found_among(names))

    def _end(self, servers: list[Server], deadline_s: float) -> None:
        self._will_end(servers)
        seen = self._all_members(servers)
        _signal(seen, signal.SIGTERM)
        if self._wait(servers, seen, deadline_s):
            self._kill(servers)

    def _kill(self, servers: list[Server]) -> int:
        self._will_end(servers)
        seen = self._all_members(servers)
        told_ns = now_ns()
        _signal(seen, signal.SIGKILL)
        left = self._wait(servers, seen, _KILL_S_MAX)
        if left:
            names = ", ".join(sorted({server.name for server in servers}))
            raise WaitTimeoutError(
                f"the end of {names} after SIGKILL", _KILL_S_MAX, f"still running: pid {_pids(left)}"
            )
        return told_ns

    def _wait(
        self, servers: list[Server], seen: list[ProcessIdentity], deadline_s: float
    ) -> list[ProcessIdentity]:
        """Wait until all are gone, and forget them; returns those that are left when the deadline passes.

        `seen` are the members before the signal: a worker that is on its way out keeps its ports, but can no
        longer be told from a stranger once its leader is dead.
        """
        until = time.monotonic() + deadline_s
        while left := [each for each in seen if each.is_alive()] or self._all_members(servers):
            if time.monotonic() >= until:
                return left
            time.sleep(_POLL_S)
        for server in servers:
            _reap(server.identity.pid)
            server.record.unlink(missing_ok=True)
        return []

    def _found_among(self, names: Iterable[str]) -> list[Server]:
        wanted = set(names)
        return [server for server in self.found() if server.name in wanted]

    def _all_members(self, servers: Iterable[Server]) -> list[ProcessIdentity]:
        return [member for server in servers for member in self.members(server)]

    def _lives(self, server: Server) -> bool:
        """As `members`, but a look at one file while the leader lives: it is asked often."""
        return server.identity.is_alive() or bool(self.members(server))

    def _is_inside(self, orphan: ProcessIdentity) -> bool:
        """Whether an orphan works in the lab's folder: every process of the lab was started in it."""
        try:
            return Path(f"/proc/{orphan.pid}/cwd").readlink().is_relative_to(self._folder.path.resolve())
        except OSError:
            return False


def tail(log: Path, lines: int = 10) -> str:
    """Return the last lines of a log, for an error message; says so where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError as error:
        return f"{log.name} cannot be read ({error.strerror})"
    kept = [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(kept) or f"{log.name} is empty"


def _session(leader: int) -> list[ProcessIdentity]:
    """The living processes of a session."""
    pids = [pid for pid in psutil.pids() if session_of(pid) == leader]
    return [identity for pid in pids if (identity := ProcessIdentity.of(pid))]


def send_signal(processes: Iterable[ProcessIdentity], number: signal.Signals) -> None:
    """Send a signal to those of these very processes that still live, and to no other."""
    _signal(processes, number)


def _signal(processes: Iterable[ProcessIdentity], number: signal.Signals) -> None:
    for process in processes:
        if process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)


def _pids(processes: Iterable[ProcessIdentity]) -> list[int]:
    return sorted(process.pid for process in processes)


def _reap(pid: int) -> None:
    """Take note of a dead child, so that it does not stay a zombie.

    Only of servers: the exit code of a command is for `run`, and must not be lost to somebody who looks.
    """
    with _reaping:
        if pid not in _children:
            return
        with suppress(ChildProcessError):
            over, status = os.waitpid(pid, os.WNOHANG)
            if not over:
                return
            _reaped[pid] = status
        _children.discard(pid)  # from now on the pid may be that of a command


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE_MODE)
