"""The processes of one lab: each on the disk before it runs, each ended by that record and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.deployment.local.folder import PRIVATE_FILE_MODE, LabFolder
from harness.deployment.local.identity import ProcessIdentity, session_of
from harness.errors import HarnessError, WaitTimeoutError

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


@dataclass(frozen=True, slots=True)
class Server:
    """A process that was started for the lab."""

    name: str
    """Name of the server, such as `mariadb` or `node-1`."""
    identity: ProcessIdentity
    """The leader of a session of its own; its workers are in the same session."""
    record: Path


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
        until = time.monotonic() + _LAUNCH_S_MAX
        while (identity := ProcessIdentity.parse(_read(record))) is None:
            if ProcessIdentity.of(popen.pid) is None or time.monotonic() > until:
                raise HarnessError(f"{name} could not be started; the end of {log}: {tail(log)}")
            time.sleep(_LAUNCH_POLL_S)
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
            last_seen = tail(log, 1)
            raise WaitTimeoutError(f"the command {name} to end", deadline_s, last_seen) from error
        finally:
            if popen.returncode is None:
                _end_command(popen)
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

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The environment of a process of the lab: nothing of the person's own but PATH.

        A stray OS_* variable, a ~/.my.cnf or a ~/.keystone would otherwise change what the lab does.
        """
        home = str(self._folder.temporary)
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": path, "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", **more}

    def found(self, name: str | None = None) -> list[Server]:
        """Return the recorded processes, whether they live or not; those of one server if `name` is given."""
        servers = []
        for record in sorted(self._folder.processes.glob("*")):
            identity = ProcessIdentity.parse(_read(record))
            server_name = record.name.rpartition("-")[0]
            if identity is not None and name in (None, server_name):
                servers.append(Server(server_name, identity, record))
        return servers

    def is_running(self, name: str) -> bool:
        """Whether a process of this server is alive, its workers included."""
        return any(self._lives(server) for server in self.found(name))

    def members(self, server: Server) -> list[psutil.Process]:
        """Return the living processes of a server: the one that was started and all in its session."""
        _reap(server.identity.pid)
        now = ProcessIdentity.of(server.identity.pid)
        if now is not None and now != server.identity:
            return []  # the pid belongs to somebody else by now
        members = _session(server.identity.pid)
        if now is None:
            members = [process for process in members if self._is_inside(process)]
        return members

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the leader of each living process of the server, not to its workers."""
        for server in self.found(name):
            if server.identity.is_alive():
                os.kill(server.identity.pid, number)

    def end(self, names: Iterable[str], deadline_s: float) -> None:
        """TERM, then after `deadline_s` KILL, and return once all processes of these servers are gone.

        Raises:
            WaitTimeoutError: one survived even SIGKILL.
        """
        wanted = set(names)
        servers = [server for server in self.found() if server.name in wanted]
        for server in servers:
            for process in self._to_terminate(server):
                _signal(process, signal.SIGTERM)
        if not self._wait(servers, deadline_s):
            self.kill(wanted)
        self._forget(servers)

    def _to_terminate(self, server: Server) -> list[psutil.Process]:
        """The leader, which ends its workers in good order; where it is dead, the workers it left."""
        members = self.members(server)
        leader = [process for process in members if process.pid == server.identity.pid]
        return leader or members

    def kill(self, names: Iterable[str]) -> None:
        """KILL every process of these servers at once and return when they are gone.

        Raises:
            WaitTimeoutError: one survived.
        """
        wanted = set(names)
        servers = [server for server in self.found() if server.name in wanted]
        for server in servers:
            for process in self.members(server):
                _signal(process, signal.SIGKILL)
        if not self._wait(servers, _KILL_S_MAX):
            left = ", ".join(sorted({server.name for server in servers if self.members(server)}))
            raise WaitTimeoutError(f"the end of {left} after SIGKILL", _KILL_S_MAX, "still running")
        self._forget(servers)

    def wait_gone(self, name: str, deadline_s: float) -> None:
        """Return once no process of the server is left.

        Raises:
            WaitTimeoutError: one is still there after `deadline_s`.
        """
        servers = self.found(name)
        if not self._wait(servers, deadline_s):
            pids = sorted(process.pid for server in servers for process in self.members(server))
            raise WaitTimeoutError(f"{name} to end", deadline_s, f"still running: pid {pids}")
        self._forget(servers)

    def _wait(self, servers: Iterable[Server], deadline_s: float) -> bool:
        """Wait until all are gone; False where the deadline passed."""
        until = time.monotonic() + deadline_s
        while any(self._lives(server) for server in servers):
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL_S)
        return True

    def _lives(self, server: Server) -> bool:
        """As `members`, but a look at one file while the leader lives: it is asked often."""
        return server.identity.is_alive() or bool(self.members(server))

    def _forget(self, servers: Iterable[Server]) -> None:
        for server in servers:
            if not self.members(server):
                server.record.unlink(missing_ok=True)

    def _is_inside(self, process: psutil.Process) -> bool:
        """Whether an orphan works in the lab's folder: every process of the lab was started in it."""
        try:
            return Path(process.cwd()).is_relative_to(self._folder.path.resolve())
        except psutil.Error:
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


def _end_command(popen: subprocess.Popen[bytes]) -> None:
    """End a command, and what it started, that shall not go on: TERM, a little time, KILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(popen.pid, number)  # it leads a group of its own and is not reaped yet
        with suppress(subprocess.TimeoutExpired):
            popen.wait(_KILL_S_MAX)
            return


def _session(leader: int) -> list[psutil.Process]:
    found = []
    for pid in psutil.pids():
        if session_of(pid) == leader:
            with suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(pid))
    return found


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)  # looks first whether the pid still means the same process


def _reap(pid: int) -> None:
    """Take note of a dead child, so that it does not stay a zombie; others' children are not ours."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE_MODE)
