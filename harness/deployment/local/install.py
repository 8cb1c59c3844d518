"""Installs missing server programs where that needs nobody's password."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence

from harness.deployment.backend import Missing
from harness.deployment.local.requirements import install_command
from harness.errors import HarnessError, UsageError

_APT_DEADLINE_S = 600.0
"""14 s is usual with a near mirror; ten minutes is a network that hangs."""


def install_missing(missing: Sequence[Missing], *, report: Callable[[str], None]) -> None:
    """Install the packages of `missing` with apt, as root or through passwordless sudo, and say so.

    Raises:
        UsageError: this machine has no apt, or neither root nor passwordless sudo; names the exact command.
        HarnessError: apt failed; the message has its last line.
    """
    packages = sorted({each.package for each in missing})
    prefix = _privilege()
    names = ", ".join(each.program for each in missing)
    if prefix is None:
        raise UsageError(
            f"not installed: {names}. Install with {install_command(packages, 'debian')} (Debian, Ubuntu) "
            f"or {install_command(packages, 'fedora')} (Fedora, RHEL), then try again."
        )
    report(f"Not installed: {names}. Installing {' '.join(packages)} with apt ...")
    # Lists of packages may be missing altogether on a fresh machine, and old ones name files that are gone.
    _run([*prefix, "apt-get", "-qq", "update"])
    _run([*prefix, "apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages])


def _privilege() -> list[str] | None:
    """What to put before apt-get; None where it may not be used."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    allowed = subprocess.run([sudo, "-n", "true"], capture_output=True, timeout=30, check=False)
    return [sudo, "-n"] if allowed.returncode == 0 else None


def _run(command: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_APT_DEADLINE_S, env=quiet, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise HarnessError(
            f"{' '.join(command)} took over {_APT_DEADLINE_S:.0f} s; run it by hand."
        ) from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise HarnessError(f"{' '.join(command)} failed: {last}; run it by hand to see more.")
