"""The run directory: where each file of a run lies, and its making."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UsageError
from harness.evidence.files import is_there
from harness.evidence.room import need_room

FORMAT = 1
"""Version of the layout and of every file format in it."""
_TRIAL_BYTES = 4096
"""A disk that is full may still have room for a name."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """Paths of one run; all of it readable by its owner only."""

    path: Path

    @property
    def manifest(self) -> Path:
        """`run.json`: what was run, where, and how it ended."""
        return self.path / "run.json"

    @property
    def journal(self) -> Path:
        """`journal.jsonl`: every step, before and after."""
        return self.path / "journal.jsonl"

    @property
    def requests(self) -> Path:
        """`requests/`: one file per process that sent requests."""
        return self.path / "requests"

    @property
    def ledger(self) -> Path:
        """`ledger.jsonl`: every write and what became of it."""
        return self.path / "ledger.jsonl"

    @property
    def writes(self) -> Path:
        """`ledger/`: each write as its generator noted it, before it was sent and after."""
        return self.path / "ledger"

    @property
    def continuity(self) -> Path:
        """`continuity.jsonl`: each check of what one release made on another."""
        return self.path / "continuity.jsonl"

    @property
    def balancer(self) -> Path:
        """`balancer.jsonl`: samples of HAProxy's counters."""
        return self.path / "balancer.jsonl"

    @property
    def database(self) -> Path:
        """`database.jsonl`: version tables at step edges, lock waits, oldest transaction."""
        return self.path / "database.jsonl"

    @property
    def logs(self) -> Path:
        """`logs/`: of every server and command."""
        return self.path / "logs"

    @property
    def balancer_log(self) -> Path:
        """`logs/haproxy.log`: the balancer's own line for each request, where it is one of the lab."""
        return self.logs / "haproxy.log"

    @property
    def verdict(self) -> Path:
        """`verdict.json`."""
        return self.path / "verdict.json"

    @property
    def report(self) -> Path:
        """`report.html`."""
        return self.path / "report.html"

    @property
    def summary(self) -> Path:
        """`summary.md`."""
        return self.path / "summary.md"

    @property
    def junit(self) -> Path:
        """`junit.xml`."""
        return self.path / "junit.xml"

    @property
    def charts(self) -> Path:
        """`charts/`: the pictures of the report, one file each."""
        return self.path / "charts"

    @property
    def baseline(self) -> Path:
        """`baseline.json`: figures of earlier runs that it is compared with, where some were given."""
        return self.path / "baseline.json"

    def request_files(self) -> tuple[Path, ...]:
        """Every request file, sorted by name."""
        return tuple(sorted(self.requests.glob("*.jsonl")))

    def evidence_files(self) -> tuple[Path, ...]:
        """Every file that a verdict rests on and that is there, but for the manifest, in an order that holds.

        What a judge writes later is no evidence. Logs are none either, nothing is concluded from them, but
        for those of `growing_files`.
        """
        single = (self.journal, self.ledger, self.continuity, self.balancer, self.database, self.baseline)
        several = (*self.request_files(), *sorted(self.writes.glob("*.jsonl")))
        return tuple(path for path in (*single, *several) if is_there(path))

    def growing_files(self) -> tuple[Path, ...]:
        """Files that a verdict rests on as far as they were written when the run was closed; those there are.

        A server that outlives its run goes on writing in its log; what it writes then is no evidence.
        """
        return (self.balancer_log,) if is_there(self.balancer_log) else ()

    def name_of(self, path: Path) -> str:
        """The path of a file in this folder, with `/` whatever the system writes."""
        return path.relative_to(self.path).as_posix()


def create_run_directory(out: Path, scenario: str) -> RunDirectory:
    """Make `<out>/<scenario>/<UTC stamp>/` with its folders, mode 0700.

    Raises:
        UsageError: the folder cannot be made, e.g. `out` is read-only; nothing is left of it.
        HarnessError: likewise where the disk is full or broken.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    # Absolute, because servers and commands that log into it have working folders of their own.
    run = RunDirectory(out.absolute() / scenario / stamp)
    try:
        run.path.mkdir(mode=0o700, parents=True)
        for folder in (run.requests, run.writes, run.logs):
            folder.mkdir(mode=0o700)
        probe = run.path / ".writable"
        probe.touch(mode=0o600)
        probe.write_bytes(bytes(_TRIAL_BYTES))
        probe.unlink()
    except OSError as error:
        discard(run)
        need_room(error, run.path, "make room there, or choose another place with --out")
        raise UsageError(
            f"{run.path}: the run directory cannot be written ({error.strerror}); "
            f"choose another place with --out, or make {out} writable."
        ) from error
    return run


def discard(run: RunDirectory) -> None:
    """Remove the folder of a run that was never run, and the one of its scenario where it holds no other."""
    shutil.rmtree(run.path, ignore_errors=True)
    with suppress(OSError):
        run.path.parent.rmdir()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # longer than a name may be, or in a folder that nobody may look into
        return False


def open_run_directory(path: Path) -> RunDirectory:
    """The run directory at `path`.

    Raises:
        UsageError: there is no folder, it holds no `run.json`, or a folder in it is a link.
    """
    if not _is_folder(path):
        raise UsageError(
            f"{path}: there is no such folder; give the folder of a run, the one that holds run.json."
        )
    run = RunDirectory(path)
    if not is_there(run.manifest):
        raise UsageError(
            f"{path}: holds no run.json, so it is not a run directory; give the folder that holds it."
        )
    need_own_folders(run)
    return run


def need_own_folders(run: RunDirectory) -> None:
    """Refuse a run whose folders lead elsewhere: judged as root, it would empty or show what is not its own.

    Raises:
        UsageError: one of its folders is a link.
    """
    for folder in (run.charts, run.logs, run.requests, run.writes):
        if folder.is_symlink():
            raise UsageError(
                f"{folder}: is a link, and a run's folder is none; put the folder that it leads to in its "
                "place, or judge a copy of the run."
            )
