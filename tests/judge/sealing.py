"""Closes the run directory of a story as a run does."""

from __future__ import annotations

from harness.evidence.manifest import read_manifest, write_manifest
from harness.evidence.rundir import RunDirectory
from harness.evidence.seal import sealed_files


def seal(run: RunDirectory) -> RunDirectory:
    """Seal what is there now."""
    write_manifest(run.manifest, read_manifest(run.manifest), sealed_files(run))
    return run
