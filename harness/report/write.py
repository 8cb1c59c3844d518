"""Writes the reports of a judged run into its folder."""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import UsageError
from harness.evidence.jsonl import PRIVATE_FILE_MODE
from harness.evidence.room import need_room
from harness.evidence.rundir import RunDirectory
from harness.judge.model import Judgement
from harness.report.junit import junit_xml
from harness.report.summary import summary_markdown

_PRIVATE_FOLDER_MODE = 0o700


def write_report(judgement: Judgement, run: RunDirectory) -> None:
    """Write `report.html`, `summary.md`, `junit.xml` and `charts/*.svg`.

    The same evidence gives the same bytes.

    Raises:
        UsageError: the run directory cannot be written.
        HarnessError: the disk is full or broken.
    """
    # Drawing needs matplotlib, whose import takes a second that no other verb should wait for.
    from harness.report.explore.failures import lines_of_failures
    from harness.report.page import render_page
    from harness.report.picture import draw_pictures

    pictures = draw_pictures(judgement)
    try:
        run.charts.mkdir(mode=_PRIVATE_FOLDER_MODE, exist_ok=True)
        for stale in run.charts.glob("*.svg"):
            stale.unlink()
        for picture in pictures:
            _write(run.charts / f"{picture.name}.svg", picture.file.encode())
        _write(run.junit, junit_xml(judgement))
        _write(run.summary, summary_markdown(judgement).encode())
        # The page comes last: who finds it finds the rest.
        lines = lines_of_failures(judgement, run)
        _write(run.report, render_page(judgement, pictures, lines).encode())
    except OSError as error:
        need_room(error, run.path)
        raise UsageError(
            f"{error.filename or run.path}: the report cannot be written ({error.strerror}); "
            "make the run directory writable, or judge a copy of it."
        ) from error


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, so that a reader sees the old or the new one, never a part."""
    draft = path.with_name(f"{path.name}.new")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE_MODE)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
    draft.replace(path)
