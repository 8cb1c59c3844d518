"""Writes the reports of a judged run into its folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from harness.errors import UsageError
from harness.evidence.drafts import replace_file
from harness.evidence.files import open_folder
from harness.evidence.room import need_room
from harness.evidence.rundir import RunDirectory, need_own_folders
from harness.judge.model import Judgement
from harness.report.junit import junit_xml
from harness.report.summary import summary_markdown

_PRIVATE_FOLDER_MODE = 0o700


def write_report(judgement: Judgement, run: RunDirectory) -> None:
    """Write `report.html`, `summary.md`, `junit.xml` and `charts/*.svg`.

    The same evidence gives the same bytes.

    Raises:
        UsageError: the run directory cannot be written, or a folder in it is a link.
        HarnessError: the disk is full or broken.
    """
    # Drawing needs matplotlib, whose import takes a second that no other verb should wait for.
    from harness.report.explore.failures import lines_of_failures
    from harness.report.page import render_page
    from harness.report.picture import draw_pictures

    need_own_folders(run)
    pictures = draw_pictures(judgement)
    try:
        run.charts.mkdir(mode=_PRIVATE_FOLDER_MODE, exist_ok=True)
        with open_folder(run.charts) as charts:
            _write_charts(run, charts, {f"{picture.name}.svg": picture.file for picture in pictures})
        replace_file(run.junit, junit_xml(judgement))
        replace_file(run.summary, summary_markdown(judgement).encode())
        # The page comes last: who finds it finds the rest.
        lines = lines_of_failures(judgement, run)
        replace_file(run.report, render_page(judgement, pictures, lines).encode())
    except OSError as error:
        need_room(error, run.path)
        raise UsageError(
            f"{error.filename or run.path}: the report cannot be written ({error.strerror}); "
            "make the run directory writable, or judge a copy of it."
        ) from error


def _write_charts(run: RunDirectory, charts: int, files: Mapping[str, str]) -> None:
    """Write the pictures, then remove those of an earlier judgement; another judge may be doing just that."""
    for name, content in files.items():
        replace_file(run.charts / name, content.encode(), folder=charts)
    for name in os.listdir(charts):
        if name.endswith(".svg") and name not in files:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=charts)
