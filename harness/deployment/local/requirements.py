"""The server programs that a local deployment needs, where they are and how to install them."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.deployment.backend import Missing
from harness.errors import UsageError

_MORE_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec")
"""Where distributions put servers: off the PATH of an ordinary user; Fedora has mariadbd in libexec."""

_PACKAGES: Mapping[str, str] = {
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "mariadb-dump": "mariadb-server",
    "haproxy": "haproxy",
    "memcached": "memcached",
}
PROGRAMS = tuple(_PACKAGES)

_INSTALL: Mapping[str, str] = {
    "debian": "apt-get install --no-install-recommends {packages}",
    "fedora": "dnf install {packages}",
}
_FAMILIES: Mapping[str, str] = {
    "debian": "debian",
    "ubuntu": "debian",
    "fedora": "fedora",
    "rhel": "fedora",
    "centos": "fedora",
}


def find_program(name: str) -> Path | None:
    """Return the path of a server program, or None where it is not installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_MORE_FOLDERS))
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def need_program(name: str) -> Path:
    """Return the path of a server program.

    Raises:
        UsageError: it is not installed; says the command that installs it.
    """
    found = find_program(name)
    if found is None:
        raise UsageError(
            f"the program {name} is not installed; install it with: {install_command([_PACKAGES[name]])}"
        )
    return found


def missing_programs() -> list[Missing]:
    """Return the programs that are not installed, in a fixed order; empty where the machine is ready."""
    absent = [name for name in PROGRAMS if find_program(name) is None]
    return [Missing(name, _PACKAGES[name], install_command([_PACKAGES[name]])) for name in absent]


def install_command(packages: list[str], family: str | None = None) -> str:
    """Return the command that installs the packages on this family of distributions.

    `family` is `debian` or `fedora`; None looks at this machine, and gives both where it is neither.
    """
    family = family or distribution_family()
    names = " ".join(dict.fromkeys(packages))
    prefix = "" if os.geteuid() == 0 else "sudo "
    if family is not None and family in _INSTALL:
        return prefix + _INSTALL[family].format(packages=names)
    return (
        " (Debian, Ubuntu) or ".join(prefix + command.format(packages=names) for command in _INSTALL.values())
        + " (Fedora, RHEL)"
    )


def distribution_family() -> str | None:
    """Return `debian`, `fedora`, or None where this machine is neither."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return None
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((_FAMILIES[name] for name in names if name in _FAMILIES), None)
