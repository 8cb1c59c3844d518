"""A database with one release's empty schema, made once and copied into each lab."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from harness.deployment.local.folder import make_private_folder
from harness.deployment.local.requirements import need_program
from harness.errors import HarnessError
from harness.releases.prepare import InstalledRelease

RECIPE = 1
"""Raise it whenever a seed made by the code of today would differ from one made before."""

_BUILD_S_MAX = 300.0
_VERSION_S_MAX = 10.0


def seed_folder(installed: InstalledRelease, home: Path) -> Path:
    """Where the seed of a release is, or will be: another lock, server or recipe makes another seed."""
    server = program_version("mariadbd").replace("+", "_")
    return home / "cache" / f"database-{installed.prefix.name}-{server}-{RECIPE}"


def take_seed(seed: Path, data: Path, build: Callable[[], None]) -> bool:
    """Put a copy of the seed into the empty place `data`; True if the seed was there already.

    `build` makes a schema in `data` and leaves the server stopped; it is called where there is no seed.

    Raises:
        HarnessError: another process has been building the same seed for too long.
    """
    if not seed.is_dir():
        make_private_folder(seed.parent)
        lock = seed.with_name(seed.name + ".lock")
        try:
            with FileLock(lock, timeout=_BUILD_S_MAX, mode=0o600):
                if not seed.is_dir():
                    build()
                    _store(data, seed)
                    return False
        except Timeout as error:
            raise HarnessError(
                f"waited {_BUILD_S_MAX:.0f} s for another process that prepares a database; "
                f"end it, or remove {lock} if there is none"
            ) from error
    shutil.copytree(seed, data)
    return True


def program_version(name: str) -> str:
    """What a server program says of its version, such as `10.11.6-MariaDB`.

    Raises:
        UsageError: it is not installed.
        HarnessError: it does not answer.
    """
    argument = {"haproxy": "-v", "memcached": "-V"}.get(name, "--version")
    try:
        done = subprocess.run(
            [str(need_program(name)), argument],
            capture_output=True,
            text=True,
            timeout=_VERSION_S_MAX,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise HarnessError(f"{name} {argument} failed ({error}); install it again") from error
    found = re.search(r"\b\d+\.[\w.+-]+", done.stdout)
    return found[0] if found else "unknown"


def _store(data: Path, seed: Path) -> None:
    """Copy the stopped server's data so that a seed is whole or not there."""
    draft = seed.with_name(f"{seed.name}.{time.monotonic_ns()}.new")
    try:
        shutil.copytree(data, draft)
        draft.rename(seed)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
