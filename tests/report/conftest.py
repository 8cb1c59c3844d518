"""Made once a session, as drawing takes a second: browser, pictures, the report that most tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.evidence.rundir import RunDirectory
from harness.report import write_report
from harness.report.picture import Picture, draw_pictures
from tests.report import stories
from tests.report.html_page import Page

if TYPE_CHECKING:
    from tests.browser import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from tests.browser import chromium

    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def drained_pictures() -> tuple[Picture, ...]:
    return draw_pictures(stories.drained())


@pytest.fixture(scope="session")
def undrained_pictures() -> tuple[Picture, ...]:
    return draw_pictures(stories.undrained())


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the undrained run with its reports."""
    path = tmp_path_factory.mktemp("undrained")
    write_report(stories.undrained(), RunDirectory(path))
    return path


@pytest.fixture
def undrained(run: Path) -> Page:
    """Its page."""
    return Page((run / "report.html").read_text())
