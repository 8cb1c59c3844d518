"""Makes the lock of a release: every distribution it runs with, pinned and hashed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import uv

from harness.errors import HarnessError
from harness.evidence.drafts import PUBLIC_FILE_MODE, replace_file
from harness.releases.catalogue import LOCKS_FOLDER, Release

_COMMON_INPUT = "common.in"
_COMPILE_S_MAX = 600.0

# Pinned by version in the inputs, so the day they were published need not be limited too: a point release of
# Keystone comes long after its series, and uWSGI is deliberately the same under all of them.
_OUTSIDE_CUT_OFF = ("keystone", "pyuwsgi")


def lock_arguments(release: Release) -> tuple[str, ...]:
    """Return the arguments of `uv` that make the release's lock, to be run inside the folder of the locks."""
    exempt = [f"--exclude-newer-package={name}=false" for name in _OUTSIDE_CUT_OFF]
    oldest_python = min(release.pythons, key=lambda text: tuple(int(part) for part in text.split(".")))
    return (
        *("pip", "compile", _input_name(release), _COMMON_INPUT),
        *("--universal", "--python-version", oldest_python),
        *("--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
        *(f"--exclude-newer={release.lock_cut_off.isoformat()}", *exempt),
    )


def make_lock(release: Release, folder: Path = LOCKS_FOLDER) -> Path:
    """Resolve the release's inputs in `folder` again, write its lock there and return the lock's path.

    Raises:
        HarnessError: uv found no set of distributions, or took over ten minutes; carries its words.
    """
    arguments = lock_arguments(release)
    try:
        done = subprocess.run(
            [uv.find_uv_bin(), *arguments, "--quiet"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_COMPILE_S_MAX,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise HarnessError(
            f"the lock of Keystone {release} cannot be made: {error.stderr.strip()}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise HarnessError(
            f"the lock of Keystone {release} was not made in {_COMPILE_S_MAX:.0f} s: "
            "is the package index reachable?"
        ) from error
    target = folder / release.lock
    text = f"# Made by: uv {' '.join(arguments)}\n{done.stdout}"
    replace_file(target, text.encode(), mode=PUBLIC_FILE_MODE)
    return target


def _input_name(release: Release) -> str:
    return Path(release.lock).with_suffix(".in").name
