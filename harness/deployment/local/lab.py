"""Brings labs up and takes them down; finds those that others run, keep or left behind."""

from __future__ import annotations

import secrets
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from harness.deployment.local import keystone, requirements, startup
from harness.deployment.local.deployment import LocalDeployment, take_down
from harness.deployment.local.folder import LabFolder, make_private_folder
from harness.deployment.local.identity import current, machine
from harness.deployment.local.passwords import Passwords
from harness.deployment.local.ports import free_ports, need_free
from harness.deployment.local.record import LabRecord, NodePort, Owner, Standing
from harness.deployment.local.settings import LocalSettings
from harness.deployment.local.startup import PortTakenError
from harness.errors import HarnessError, UsageError
from harness.releases.catalogue import Release
from harness.releases.prepare import InstalledRelease, prepare

Report = Callable[[str], None]

_TRIES_MAX = 3
"""Somebody else may take a port between its choice and its use; three times in a row is no accident."""
_LOCK_S_MAX = 120.0
"""Another harness may be clearing several leftovers, each of which gets time to end."""


@dataclass(frozen=True, slots=True)
class LabStatus:
    """A lab that is on the disk."""

    id: str
    standing: Standing
    owner_pid: int | None
    release: str
    """What its nodes were started with."""
    url: str
    started: str
    running: tuple[str, ...]
    """Its servers that are alive, sorted."""
    folder: Path
    logs: Path


def up(
    settings: LocalSettings,
    *,
    release: Release,
    to: Release | None,
    home: Path,
    logs: Path,
    owner: Owner,
    report: Report,
) -> LocalDeployment:
    """Bring up a deployment whose nodes serve `release`, and return when the balancer has all of them up.

    `to` is installed as well, so that switching to it later takes no time. `report` is called with a sentence
    for each part that is done. Whatever ends this early, Ctrl-C and SIGTERM included, ends what was started.

    Raises:
        UsageError: a program is missing, the fixed port is in use, or the folder cannot be used.
        HarnessError: a server did not start; the message has the last lines of its log.
    """
    _need_programs()
    installed = prepare(release, home, report=report)
    if to is not None:
        prepare(to, home, report=report)
    make_private_folder(logs)
    with terminating():
        for left in reversed(range(_TRIES_MAX)):
            try:
                return _up_once(settings, installed, home, logs, owner, report)
            except PortTakenError as error:
                if not left:
                    raise
                report(f"{error}; trying again with other ports")
    raise AssertionError  # pragma: no cover - the loop returns or raises


def need_fit(settings: LocalSettings, home: Path) -> None:
    """Refuse what `up` would refuse, as far as that can be known before anything is started.

    Raises:
        UsageError: the fixed port is in use, or no lab can lie in its folder.
    """
    _new_folder(home)
    make_private_folder(_labs(home))
    if settings.deployment.port:
        need_free(settings.deployment.port)


@contextmanager
def lab(
    settings: LocalSettings,
    *,
    release: Release,
    to: Release | None,
    home: Path,
    logs: Path,
    report: Report,
) -> Iterator[LocalDeployment]:
    """`up`, and `down` on every way out, SIGTERM included.

    Raises:
        UsageError: as `up`.
        HarnessError: as `up`.
    """
    with terminating():
        deployment = up(
            settings, release=release, to=to, home=home, logs=logs, owner=Owner.PROCESS, report=report
        )
        try:
            yield deployment
        except BaseException as error:
            _down_after(deployment, error)
            raise
        deployment.down()


def clear_leftovers(home: Path) -> list[str]:
    """End what a dead harness left running, remove its folders, and return a sentence for each.

    Labs of harnesses that live, and labs that are kept, are left alone.

    Raises:
        WaitTimeoutError: a process survived SIGKILL.
    """
    with _lock(home):
        return [_clear(folder) for folder in _folders(home) if _is_leftover(folder)]


def end_own(home: Path) -> list[str]:
    """Take down every lab that belongs to this very process; returns the servers that ran.

    Raises:
        WaitTimeoutError: a process survived SIGKILL.
    """
    own = [
        folder
        for folder in _folders(home)
        if (record := LabRecord.read(folder.record)) is not None and record.owner == current()
    ]
    return [server for folder in own for server in take_down(folder)]


def status(home: Path) -> list[LabStatus]:
    """Return every lab on the disk, whoever owns it, in the order of their ids."""
    found = []
    for folder in _folders(home):
        record = LabRecord.read(folder.record)
        if record is not None:
            found.append(_status(folder, record))
    return found


def attach(home: Path, lab_id: str) -> LocalDeployment:
    """Return a lab that another process brought up.

    Raises:
        UsageError: there is no such lab; names those there are.
    """
    folder = LabFolder(_labs(home) / lab_id)
    record = LabRecord.read(folder.record)
    if record is None:
        known = ", ".join(each.id for each in status(home)) or "none"
        raise UsageError(f"there is no lab {lab_id}; there are: {known}")
    return _deployment(folder, record, home)


def need_not_owned(deployment: LocalDeployment) -> None:
    """Refuse to take down a lab that a running harness uses.

    Raises:
        UsageError: its harness lives, or it is of a container that cannot be seen from here.
    """
    owner, standing = deployment.record.owner, deployment.record.standing()
    if standing is Standing.STRANGE:
        raise UsageError(f"lab {deployment.id} belongs to another container; take it down there")
    if standing is Standing.LIVE and owner is not None and owner != current():
        raise UsageError(
            f"lab {deployment.id} belongs to a harness that still runs (pid {owner.pid}); end that instead"
        )


@contextmanager
def terminating() -> Iterator[None]:
    """Turn SIGTERM into SystemExit(143), so that clean-ups happen; a handler that was set before stays."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _need_programs() -> None:
    missing = requirements.missing_programs()
    if missing:
        names = ", ".join(each.program for each in missing)
        command = requirements.install_command([each.package for each in missing])
        raise UsageError(f"not installed: {names}; install with: {command}")


def _up_once(
    settings: LocalSettings,
    installed: InstalledRelease,
    home: Path,
    logs: Path,
    owner: Owner,
    report: Report,
) -> LocalDeployment:
    folder = _new_folder(home)
    try:
        with _lock(home):
            record = _new_record(folder, settings, installed, home, logs)
            folder.make()
            record.write(folder)
        passwords = Passwords.new()
        passwords.write(folder.secrets)
        deployment = _deployment(folder, record, home)
        keystone.make_keys(deployment.keys)
        startup.bring_up(deployment, installed, settings, home, report)
        if owner is Owner.KEEP:
            replace(record, owner=None).write(folder)
    except BaseException as error:
        _take_down_after(folder, error)
        raise
    return deployment


def _new_record(
    folder: LabFolder,
    settings: LocalSettings,
    installed: InstalledRelease,
    home: Path,
    logs: Path,
) -> LabRecord:
    """Choose the ports, away from those of the labs that exist."""
    fixed = settings.deployment.port
    if fixed:
        need_free(fixed)
    others = [record for each in _folders(home) if (record := LabRecord.read(each.record))]
    taken = {port for record in others for port in record.ports} | {fixed}
    database_port, free_port, *node_ports = free_ports(2 + settings.deployment.nodes, taken)
    return LabRecord(
        id=folder.id,
        owner=current(),  # until it is up: a lab that is to be kept, and whose start was killed, is left over
        machine=machine(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        release=installed.release.version,
        port=fixed or free_port,
        database_port=database_port,
        nodes=tuple(NodePort(*pair) for pair in zip(settings.node_names, node_ports, strict=True)),
        threads=settings.deployment.threads,
        processes=settings.deployment.processes,
        password_hash_rounds=settings.deployment.password_hash_rounds,
        logs=str(logs.absolute()),
    )


def _deployment(folder: LabFolder, record: LabRecord, home: Path) -> LocalDeployment:
    def find(release: Release) -> InstalledRelease:
        return prepare(release, home, report=_silent)

    return LocalDeployment(folder, record, Passwords.read(folder.secrets), find)


def _silent(_sentence: str) -> None:
    """Report to nobody: what `up` installed needs no word when it is found again."""


def _down_after(deployment: LocalDeployment, error: BaseException) -> None:
    _take_down_after(deployment.folder, error)


def _take_down_after(folder: LabFolder, error: BaseException) -> None:
    """Take down after a failure, and never hide that failure behind one of the clean-up."""
    try:
        take_down(folder)
    except HarnessError as second:
        error.add_note(f"besides, lab {folder.id} could not be taken down: {second}")


def _labs(home: Path) -> Path:
    return home.absolute() / "labs"


def _new_folder(home: Path) -> LabFolder:
    folder = LabFolder(_labs(home) / secrets.token_hex(3))
    folder.check_path()
    return folder


def _folders(home: Path) -> list[LabFolder]:
    return [LabFolder(path) for path in sorted(_labs(home).glob("*")) if path.is_dir()]


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    """Keep other harnesses from making or clearing labs meanwhile."""
    make_private_folder(_labs(home))
    path = _labs(home) / ".lock"
    try:
        with FileLock(path, timeout=_LOCK_S_MAX, mode=0o600):
            yield
    except Timeout as error:
        raise HarnessError(
            f"waited {_LOCK_S_MAX:.0f} s for another harness that makes or clears labs; end it, "
            f"or remove {path} if there is none"
        ) from error


def _is_leftover(folder: LabFolder) -> bool:
    """A folder without a record is one too: records are written under the lock that the caller holds.

    One whose record can not be read but whose servers run is not: it may be of another version's harness.
    """
    record = LabRecord.read(folder.record)
    return not startup.running(folder) if record is None else record.standing() is Standing.DEAD


def _clear(folder: LabFolder) -> str:
    record = LabRecord.read(folder.record)
    if record is None or record.machine != machine():
        shutil.rmtree(folder.path, ignore_errors=True)  # no pid in it means anything now
        return f"Removed the folder of lab {folder.id}, which did not survive its harness or the machine."
    ended = take_down(folder)
    pid = record.owner.pid if record.owner else None
    what = f"ended {', '.join(ended)}" if ended else "nothing of it ran any more"
    whose = f"left by a harness (pid {pid}) that no longer runs"
    return f"Cleared lab {folder.id}, {whose}: {what}; removed its folder."


def _status(folder: LabFolder, record: LabRecord) -> LabStatus:
    deployment_processes = startup.running(folder) if record.machine == machine() else ()
    return LabStatus(
        id=folder.id,
        standing=record.standing(),
        owner_pid=record.owner.pid if record.owner else None,
        release=record.release,
        url=f"http://127.0.0.1:{record.port}",
        started=record.started,
        running=deployment_processes,
        folder=folder.path,
        logs=Path(record.logs),
    )
