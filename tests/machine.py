"""A real run that is harmed from outside: finds its processes, waits for its steps, and says what it left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.command import ROOT, environment

SHORT = (
    "deployment.nodes=2", "procedure.baseline_s=6", "procedure.cooldown_s=3", "judge.baseline_s_min=5",
    'probes=[{op="token_issue", rate_hz=2}, {op="token_validate", rate_hz=2}]',
    "load.users=1", "load.client_users=0", "continuity.enabled=false",
    # A machine that others use as well is not what is asked about.
    "procedure.stop_on_bad_baseline=false", "judge.baseline_p99_ms_max=5000",
    "judge.lag_p99_ms_max=1500", "judge.lag_max_ms_max=3000",
)  # fmt: skip
_STEP_S_MAX = 400.0
_END_S_MAX = 400.0
_POLL_S = 0.05


def _log_of(process: psutil.Process) -> str:
    return str(Path(f"/proc/{process.pid}/fd/2").readlink())


PARTS: Mapping[str, Callable[[psutil.Process], bool]] = {
    "mariadb": lambda p: p.name().startswith("mariadbd"),
    "haproxy": lambda p: p.name() == "haproxy" and p.cmdline()[-1].endswith("/haproxy.cfg"),
    "memcached": lambda p: p.name() == "memcached",
    "node-2": lambda p: _log_of(p).endswith("/node-2.log"),
    "probes": lambda p: _log_of(p).endswith("/probes.log"),
    "load": lambda p: _log_of(p).endswith("/load.log"),
}
"""How each part of a run is told from the others, among the children of its harness."""


@dataclass
class HarmedRun:
    """`harness run` in a process of its own."""

    out: Path
    cwd: Path = ROOT
    more: Mapping[str, str] = field(default_factory=dict)
    """Of the environment."""
    before: Callable[[], None] | None = None
    """Done in the process before it becomes the harness."""
    scenario: str = "drained"
    sets: Sequence[str] = SHORT

    def __post_init__(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        self._family: set[psutil.Process] = set()
        settings = [part for key in self.sets for part in ("--set", key)]
        out = str(self.out / "runs")
        with self.output.open("wb") as sink:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "harness", "run", self.scenario, *settings, "--out", out],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env={**environment(), **self.more},
                start_new_session=True,
                preexec_fn=self.before,
            )

    @property
    def output(self) -> Path:
        """What it printed."""
        return self.out / "output"

    def wait_for(self, phase: str, step: str) -> None:
        """Return once the step has begun."""
        until_s = time.monotonic() + _STEP_S_MAX
        while not any((e["phase"], e["step"]) == (phase, step) for e in self.journal):
            assert self._popen.poll() is None, self.output.read_text(encoding="utf-8")
            assert time.monotonic() < until_s, f"step {step} of phase {phase} was never reached"
            time.sleep(_POLL_S)
        self._take_note()

    def send(self, part: str, number: signal.Signals) -> None:
        """Send a signal to one part."""
        self._part(part).send_signal(number)

    def suspend(self, parts: Sequence[str], seconds: float) -> None:
        """Stop parts for a time; `*`: all of the run, itself too."""
        stopped = list(self._take_note()) if "*" in parts else [self._part(part) for part in parts]
        _send(stopped, signal.SIGSTOP)
        time.sleep(seconds)
        _send(stopped, signal.SIGCONT)

    def end(self) -> int:
        """Wait for its end; the exit status."""
        until_s = time.monotonic() + _END_S_MAX
        while self._popen.poll() is None and time.monotonic() < until_s:
            self._take_note()
            time.sleep(0.5)
        if self._popen.poll() is None:
            self._popen.terminate()
            self._popen.wait(120)
            raise AssertionError(f"it did not end:\n{self.output.read_text(encoding='utf-8')}")
        return int(self._popen.returncode)

    @property
    def left_running(self) -> list[str]:
        """What of it still runs."""
        return sorted(f"{p.pid} {' '.join(p.cmdline())}" for p in self._family if _lives(p))

    @property
    def folder(self) -> Path | None:
        """Its run directory; None where it made none."""
        return next(iter((self.out / "runs").glob("*/*/")), None)

    @property
    def journal(self) -> list[dict[str, Any]]:
        """Its journal so far."""
        if self.folder is None or not (self.folder / "journal.jsonl").exists():
            return []
        lines = (self.folder / "journal.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    @property
    def verdict(self) -> dict[str, Any]:
        """Its `verdict.json`; empty where there is none."""
        file = self.folder / "verdict.json" if self.folder else None
        document: dict[str, Any] = json.loads(file.read_bytes()) if file and file.exists() else {}
        return document

    @property
    def last_words(self) -> str:
        """The last line that it printed."""
        return self.output.read_text(encoding="utf-8").strip().splitlines()[-1]

    def _part(self, name: str) -> psutil.Process:
        if name.startswith("a worker of "):
            return self._part(name.removeprefix("a worker of ")).children()[0]
        for process in psutil.Process(self._popen.pid).children():
            with suppress(psutil.Error, OSError):
                if PARTS[name](process):
                    return process
        raise AssertionError(f"the run has no {name}")

    def _take_note(self) -> set[psutil.Process]:
        """Who belongs to it by now."""
        with suppress(psutil.Error):
            harness = psutil.Process(self._popen.pid)
            self._family |= {harness, *harness.children(recursive=True)}
        return {process for process in self._family if _lives(process)}


def _send(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(number)


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
