"""Makes locks: every distribution that a release runs with, or is built with, pinned and hashed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import uv

from harness.errors import HarnessError
from harness.evidence.drafts import PUBLIC_FILE_MODE, replace_file
from harness.releases.catalogue import LOCKS_FOLDER, Release, load_catalogue

BUILD_LOCK = "build.txt"
_COMMON_INPUT = "common.in"
_COMPILE_S_MAX = 600.0

# Pinned by version in the inputs, so the day they were published need not be limited too: a point release of
# Keystone comes long after its series, and uWSGI is deliberately the same under all of them.
_OUTSIDE_CUT_OFF = ("keystone", "pyuwsgi")


def lock_arguments(release: Release) -> tuple[str, ...]:
    """Return the arguments of `uv` that make the release's lock, to be run inside the folder of the locks."""
    exempt = [f"--exclude-newer-package={name}=false" for name in _OUTSIDE_CUT_OFF]
    return (
        *_compiled([_input_name(release.lock), _COMMON_INPUT], release.pythons),
        *(f"--exclude-newer={release.lock_cut_off.isoformat()}", *exempt),
    )


def build_lock_arguments() -> tuple[str, ...]:
    """Return the arguments of `uv` that make the lock of what releases are built with, to be run likewise."""
    return _compiled(
        [_input_name(BUILD_LOCK)],
        {python for release in load_catalogue().releases for python in release.pythons},
    )


def _compiled(inputs: Iterable[str], pythons: Iterable[str]) -> tuple[str, ...]:
    oldest_python = min(pythons, key=lambda text: tuple(int(part) for part in text.split(".")))
    return (
        *("pip", "compile", *inputs),
        *("--universal", "--python-version", oldest_python),
        *("--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
    )


def make_lock(release: Release, folder: Path = LOCKS_FOLDER) -> Path:
    """Resolve the release's inputs in `folder` again, write its lock there and return the lock's path.

    Raises:
        HarnessError: uv found no set of distributions, or took over ten minutes; carries its words.
    """
    return _make(f"the lock of Keystone {release}", lock_arguments(release), folder / release.lock)


def make_build_lock(folder: Path = LOCKS_FOLDER) -> Path:
    """Likewise for what releases are built with.

    Raises:
        HarnessError: as for a release.
    """
    return _make("the lock of what releases are built with", build_lock_arguments(), folder / BUILD_LOCK)


def _make(what: str, arguments: Sequence[str], target: Path) -> Path:
    try:
        done = subprocess.run(
            [uv.find_uv_bin(), *arguments, "--quiet"],
            cwd=target.parent,
            capture_output=True,
            text=True,
            timeout=_COMPILE_S_MAX,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise HarnessError(f"{what} cannot be made: {error.stderr.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise HarnessError(
            f"{what} was not made in {_COMPILE_S_MAX:.0f} s: is the package index reachable?"
        ) from error
    text = f"# Made by: uv {' '.join(arguments)}\n{done.stdout}"
    replace_file(target, text.encode(), mode=PUBLIC_FILE_MODE)
    return target


def _input_name(lock: str) -> str:
    return Path(lock).with_suffix(".in").name
