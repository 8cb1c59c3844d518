"""The folder that a comparison gets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UsageError


def make_folder(out: Path) -> Path:
    """Make `<out>/<UTC stamp>/`, for its owner only.

    Raises:
        UsageError: it cannot be made.
    """
    folder = out.absolute() / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise UsageError(
            f"{folder}: the folder of the comparison cannot be made ({error.strerror}); "
            f"choose another place with --out, or make {out} writable."
        ) from error
    return folder
