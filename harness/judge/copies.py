"""Tells runs from copies of one run, which count once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.errors import UsageError
from harness.evidence.manifest import Manifest


def need_distinct(runs: Iterable[tuple[Path, Manifest]]) -> None:
    """Refuse one run given twice: two copies of it agree in everything, and would fake a spread of nothing.

    Both clocks of its beginning, to the nanosecond, say which run it is: a copy has them, another has not.

    Raises:
        UsageError: two are one run.
    """
    seen: dict[tuple[int, int], Path] = {}
    for path, manifest in runs:
        begun = (manifest.clock.wall_ns, manifest.clock.mono_ns)
        if begun in seen:
            raise UsageError(
                f"{path}: is the same run as {seen[begun]}, and one run counts once; leave one of them out."
            )
        seen[begun] = path
