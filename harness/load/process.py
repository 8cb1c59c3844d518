"""A load child as the driver sees it: start, wait until ready, stop. Imports neither locust nor gevent."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import orjson

from harness.errors import ExitCode, HarnessError, RefusedError, StepError, UsageError, WaitTimeoutError
from harness.evidence.jsonl import PRIVATE_FILE_MODE
from harness.load.spec import ChildSpec

_LOG_TAIL_BYTES = 2_000
_POLL_S = 0.02
_KILL_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class ExitSummary:
    """How a child ended and what it did."""

    exit_code: int
    """0 in order; negative: ended by that signal."""
    killed: bool
    """It did not end within the deadline, so it was killed and its evidence has no footer."""
    records: int | None
    """Request records written, unsent ones included; None where it ended without telling."""
    unsent: int | None
    lag_p99_ms: float | None
    """None too where nothing was sent on a schedule."""
    lag_max_ms: float | None
    faults: tuple[str, ...] = ()
    connections: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Probe lane -> `opened`, `reused`, `stale` (closed by the peer while idle), `expired`."""

    @property
    def in_order(self) -> bool:
        """Whether its evidence is whole."""
        return self.exit_code == 0 and not self.killed and self.records is not None


class LoadProcess:
    """One running child."""

    def __init__(self, process: subprocess.Popen[bytes], label: str, log: Path) -> None:
        """Use `start`."""
        self._process = process
        self._label = label
        self._log = log
        self._messages: dict[str, Any] = {}
        self._listener = threading.Thread(target=self._listen, name=f"listen-{label}", daemon=True)
        self._listener.start()

    @classmethod
    def start(cls, spec: ChildSpec, log: Path) -> Self:
        """Start the child; what it prints goes to `log`, which is made readable by its owner only.

        The task goes over its standard input, so no secret stands in its arguments, environment or files.
        When this process dies, however suddenly, the child sees the end of its input, ends the load and
        finishes its evidence by itself.

        Raises:
            OSError: the log cannot be made, or the child not started.
        """
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE_MODE), "wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "harness.load"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                start_new_session=True,  # the terminal's ^C is for the harness, which stops the load in order
            )
        child = cls(process, spec.job, log)
        child._hand_over(spec)
        return child

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative: by that signal; None where it runs."""
        return self._process.poll()

    def wait_ready(self, deadline_s: float) -> None:
        """Return once it has its tokens, every lane has succeeded once, and evidence is being gathered.

        Raises:
            UsageError: it ended instead because its task is not fit, e.g. the Locust file is not.
            RefusedError: it ended because Keystone refused what it asked for, however often.
            StepError: it ended for another reason; the message says which.
            WaitTimeoutError: it is still not ready after `deadline_s`.
        """
        started = time.monotonic()
        while "ready" not in self._messages:
            waited_s = time.monotonic() - started
            if not self.is_alive():
                raise self._death()
            if waited_s > deadline_s:
                raise WaitTimeoutError(f"the {self._label} child to be ready", waited_s, self.log_tail())
            time.sleep(_POLL_S)

    def stop(self, deadline_s: float) -> ExitSummary:
        """Tell it to stop and wait: requests under way end first, so `deadline_s` must exceed theirs.

        Returns in any case: a child that does not end is killed, and the summary says so.
        """
        killed = False
        if self.is_alive():
            self._process.terminate()
        try:
            self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            killed = True
            self._process.kill()
            self._process.wait(_KILL_WAIT_S)
        self._listener.join(_KILL_WAIT_S)
        self._close_pipes()
        return self._summary(killed)

    def log_tail(self) -> str:
        """The last line of its log, for an error message."""
        try:
            with self._log.open("rb") as file:
                file.seek(max(0, self._log.stat().st_size - _LOG_TAIL_BYTES))
                lines = file.read().decode(errors="replace").strip().splitlines()
        except OSError as error:
            return f"no log ({error.strerror})"
        return lines[-1] if lines else "an empty log"

    def _hand_over(self, spec: ChildSpec) -> None:
        """Write the task; a child that died before it read it is found by `wait_ready`."""
        try:
            self._stdin.write(spec.model_dump_json().encode() + b"\n")
            self._stdin.flush()
        except BrokenPipeError:
            return

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe
        return self._process.stdin

    def _listen(self) -> None:
        """Collect the child's messages; the last of a kind wins."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe
        for line in self._process.stdout:
            try:
                self._messages.update(orjson.loads(line))
            except (orjson.JSONDecodeError, ValueError, TypeError):
                continue  # a Locust file may print; that is no message

    def _death(self) -> HarnessError:
        """What to raise for a child that ended too soon: its user's mistake, or a step that failed."""
        self._listener.join(_KILL_WAIT_S)
        why = self._messages.get("failed") or self.log_tail()
        sentence = (
            f"the {self._label} child ended with status {self._process.returncode} before it was ready: "
            f"{why} (log: {self._log.name})"
        )
        if isinstance(status := self._messages.get("refused"), int):
            return RefusedError(sentence, status)
        return (UsageError if self._process.returncode == ExitCode.USAGE else StepError)(sentence)

    def _summary(self, killed: bool) -> ExitSummary:
        told = self._messages.get("summary", {})
        return ExitSummary(
            exit_code=self._process.returncode,
            killed=killed,
            records=told.get("records"),
            unsent=told.get("unsent"),
            lag_p99_ms=told.get("lag_p99_ms"),
            lag_max_ms=told.get("lag_max_ms"),
            faults=tuple(told.get("faults", ())),
            connections=told.get("connections", {}),
        )

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except BrokenPipeError:
                continue
