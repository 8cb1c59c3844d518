"""Installs a Keystone release from its lock into a folder of its own, once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uv
from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from harness.errors import HarnessError, UsageError
from harness.evidence.drafts import PUBLIC_FILE_MODE, replace_file
from harness.releases.catalogue import LOCKS_FOLDER, Release
from harness.releases.locking import BUILD_LOCK

_APPLICATION = "keystone-upgrade-harness"
_STAMP = "prepared.json"

# 2 to 20 s is usual with a fast network, a minute with a cold cache: ten minutes is a network that hangs.
_INSTALL_S_MAX = 600.0
# A second process may have to wait for a whole install by the first.
_LOCK_S_MAX = _INSTALL_S_MAX + 60.0
# keystone-manage takes 1 to 5 s of processor time before it does anything, more on a busy machine.
_PROOF_S_MAX = 120.0
_TAIL_LINES = 5


@dataclass(frozen=True, slots=True)
class InstalledRelease:
    """A release on this machine: its programs, ready to be run."""

    release: Release
    prefix: Path
    """The virtual environment that holds it."""

    @property
    def bin(self) -> Path:
        """The folder of its programs."""
        return self.prefix / "bin"

    @property
    def python(self) -> Path:
        """Its Python interpreter."""
        return self.bin / "python"

    @property
    def keystone_manage(self) -> Path:
        """The command of the upgrade steps."""
        return self.bin / "keystone-manage"

    @property
    def keystone_status(self) -> Path:
        """The command of the upgrade check."""
        return self.bin / "keystone-status"

    @property
    def uwsgi(self) -> Path:
        """The web server its nodes run under."""
        return self.bin / "uwsgi"

    @property
    def wsgi(self) -> str:
        """What the web server loads: the path of a script, or `module:callable`."""
        serves = self.release.serves
        return str(self.bin / serves.name) if serves.kind == "script" else serves.name

    @property
    def uwsgi_arguments(self) -> tuple[str, str]:
        """The arguments that make uWSGI load it."""
        option = "--wsgi-file" if self.release.serves.kind == "script" else "--module"
        return option, self.wsgi

    @property
    def site_packages(self) -> Path:
        """The folder of its libraries.

        Raises:
            HarnessError: the installation is damaged.
        """
        found = sorted(self.prefix.glob("lib/python3*/site-packages"))
        if not found:
            raise HarnessError(
                f"Keystone {self.release} is damaged: remove {self.prefix} and prepare it again"
            )
        return found[0]


def default_home() -> Path:
    """Return where releases are installed: HARNESS_HOME, or the user's cache folder.

    Raises:
        UsageError: it begins with the home of a user that there is not.
    """
    home = os.environ.get("HARNESS_HOME")
    try:
        return Path(home).expanduser().absolute() if home else user_cache_path(_APPLICATION)
    except RuntimeError as error:
        raise UsageError(
            f"HARNESS_HOME: {home}: there is no such user; set it to a folder of yours."
        ) from error


def is_prepared(release: Release, home: Path) -> bool:
    """Whether `prepare` has nothing left to do; takes milliseconds.

    Raises:
        UsageError: the release has no lock.
    """
    return _find(release, home) is not None


def prepare(release: Release, home: Path, *, report: Callable[[str], None]) -> InstalledRelease:
    """Install the release below `home` unless it is there, and return it; safe in several processes at once.

    `report` is called with one sentence about what is done; not at all where nothing is.

    Raises:
        UsageError: there is no lock, or no Python that the release runs on.
        HarnessError: it could not be installed, or does not start; names the log with the whole output.
    """
    if (found := _find(release, home)) is not None:
        return found
    folder = home / "releases"
    _make_folder(folder)
    lock = folder / f"{release.version}.lock"
    try:
        with FileLock(lock, timeout=_LOCK_S_MAX):
            return _find(release, home) or _install(release, folder, report)
    except Timeout as error:
        raise HarnessError(
            f"waited {_LOCK_S_MAX:.0f} s for another process that installs Keystone {release}: "
            f"end it, or remove {lock} if there is none"
        ) from error


def _find(release: Release, home: Path) -> InstalledRelease | None:
    content = _lock_content(release)
    for python in release.pythons:
        prefix = home / "releases" / _prefix_name(release, content, python)
        if (prefix / _STAMP).is_file():
            return InstalledRelease(release, prefix)
    return None


def _lock_content(release: Release) -> bytes:
    try:
        return release.lock_path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"Keystone {release} has no lock {release.lock} ({error.strerror}): "
            "harness/releases/README.md says how to make it"
        ) from error


def _prefix_name(release: Release, lock: bytes, python: str) -> str:
    return f"{release.version}-{hashlib.sha256(lock + python.encode()).hexdigest()[:12]}"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be made ({error.strerror}): set HARNESS_HOME to a folder of yours"
        ) from error


def _install(release: Release, folder: Path, report: Callable[[str], None]) -> InstalledRelease:
    started_s = time.monotonic()
    log = folder / f"{release.version}.log"
    log.unlink(missing_ok=True)
    installed, python = _make_environment(release, folder, log)
    report(f"installing Keystone {release} on Python {python}")
    _sync(installed, log)
    _prove(installed, log)
    took_s = time.monotonic() - started_s
    _write_stamp(installed, python, took_s)
    report(f"installed Keystone {release} in {took_s:.1f} s")
    return installed


def _make_environment(release: Release, folder: Path, log: Path) -> tuple[InstalledRelease, str]:
    """Use the first of the release's Pythons that this machine has; only where it has none, fetch one."""
    content = _lock_content(release)
    for source in ("--no-python-downloads", "--managed-python"):
        for python in release.pythons:
            prefix = folder / _prefix_name(release, content, python)
            shutil.rmtree(prefix, ignore_errors=True)
            if _run_uv(["venv", "--no-project", source, "--python", python, str(prefix)], log):
                return InstalledRelease(release, prefix), python
    raise UsageError(
        f"Keystone {release} needs Python {' or '.join(release.pythons)}, which is not here and uv "
        f"could not fetch: install it, then run this again; what uv said is in {log}"
    )


def _write_stamp(installed: InstalledRelease, python: str, took_s: float) -> None:
    """Say that the installation is whole."""
    release = installed.release
    stamp = {"version": release.version, "python": python, "lock": release.lock, "took_s": round(took_s, 1)}
    replace_file(installed.prefix / _STAMP, f"{json.dumps(stamp)}\n".encode(), mode=PUBLIC_FILE_MODE)


def _sync(installed: InstalledRelease, log: Path) -> None:
    # Compiled now, so that a node's first start in the middle of a roll spends no processor time on it.
    arguments = ["pip", "sync", "--require-hashes", "--compile-bytecode", "--python", str(installed.python)]
    # Some libraries of older releases are source distributions, whose set-up asks for packages of its own.
    building = ["--require-build-hashes", "--build-constraints", str(LOCKS_FOLDER / BUILD_LOCK)]
    if not _run_uv([*arguments, *building, str(installed.release.lock_path)], log):
        raise HarnessError(
            f"Keystone {installed.release} could not be installed; uv said: {_tail(log)}; "
            f"the whole output is in {log}"
        )


def _prove(installed: InstalledRelease, log: Path) -> None:
    """A set of libraries that resolves may still fail to import: start the program once."""
    command = [str(installed.keystone_manage), "--version"]
    if not _run(command, log, _PROOF_S_MAX) or installed.release.version not in _tail(log).split():
        raise HarnessError(
            f"Keystone {installed.release} is installed but does not start: {_tail(log)}; "
            f"the whole output is in {log}"
        )


def _run_uv(arguments: list[str], log: Path) -> bool:
    return _run([uv.find_uv_bin(), *arguments], log, _INSTALL_S_MAX)


def _run(command: list[str], log: Path, run_s_max: float) -> bool:
    """Run the command with its output appended to the log; False where it failed or took too long."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")
    }
    with log.open("a", encoding="utf-8") as sink:
        sink.write(f"\n$ {' '.join(command)}\n")
        sink.flush()
        try:
            done = subprocess.run(
                command,
                stdout=sink,
                stderr=subprocess.STDOUT,
                timeout=run_s_max,
                check=False,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            sink.write(f"ended after {run_s_max:.0f} s without a result\n")
            return False
    return done.returncode == 0


def _tail(log: Path) -> str:
    """Return the last lines that the last command of the log said, without the command itself."""
    _, _, said = log.read_text(encoding="utf-8", errors="replace").rpartition("\n$ ")
    lines = [line.strip() for line in said.splitlines()[1:]]
    return " | ".join([line for line in lines if line][-_TAIL_LINES:]) or "nothing"
