"""Whose run is judged may have planted links in its folder: nothing is removed or written where they lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.evidence.drafts import replace_file
from harness.evidence.files import open_folder
from harness.evidence.rundir import RunDirectory, open_run_directory
from harness.report import write_report
from tests.judge.story import healthy
from tests.report import stories


def planted(name: str, path: Path) -> tuple[RunDirectory, Path]:
    """A run whose folder `name` is a link to a folder of somebody else, which holds one picture."""
    run = healthy().write(path / "run")
    other = path / "other"
    other.mkdir()
    (other / "theirs.svg").write_text("of somebody else")
    (run.path / name).symlink_to(other)
    return run, other


@pytest.mark.parametrize("name", ["charts", "logs"])
def test_a_run_with_a_folder_that_is_a_link_is_refused_before_it_is_judged(name: str, tmp_path: Path) -> None:
    run, _ = planted(name, tmp_path)

    with pytest.raises(UsageError) as refused:
        open_run_directory(run.path)

    assert str(refused.value) == (
        f"{run.path / name}: is a link, and a run's folder is none; put the folder that it leads to in its "
        "place, or judge a copy of the run."
    )


@pytest.mark.parametrize("name", ["charts", "logs"])
def test_no_report_is_written_through_a_folder_that_is_a_link(name: str, tmp_path: Path) -> None:
    run, other = planted(name, tmp_path)
    before = sorted(run.path.iterdir())

    with pytest.raises(UsageError, match="is a link"):
        write_report(stories.drained(), run)

    assert [path.name for path in other.iterdir()] == ["theirs.svg"]
    assert (other / "theirs.svg").read_text() == "of somebody else"
    assert sorted(run.path.iterdir()) == before


def test_a_folder_that_becomes_a_link_while_the_pictures_are_drawn_is_refused_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = planted("elsewhere", tmp_path)

    def draw(_: object) -> tuple[()]:
        (run.path / "elsewhere").rename(run.charts)
        return ()

    monkeypatch.setattr("harness.report.picture.draw_pictures", draw)
    with pytest.raises(UsageError, match="charts: is a link"):
        write_report(stories.drained(), run)

    assert (other / "theirs.svg").read_text() == "of somebody else"


def test_a_folder_that_is_exchanged_for_a_link_once_it_is_open_is_written_and_not_where_the_link_leads(
    tmp_path: Path,
) -> None:
    run, other = planted("elsewhere", tmp_path)
    run.charts.mkdir()
    with open_folder(run.charts) as charts:
        run.charts.rename(run.path / "aside")
        (run.path / "elsewhere").rename(run.charts)
        replace_file(run.charts / "theirs.svg", b"mine", folder=charts)

    assert (other / "theirs.svg").read_text() == "of somebody else"
    assert (run.path / "aside" / "theirs.svg").read_bytes() == b"mine"
    assert [path.name for path in (run.path / "aside").iterdir()] == ["theirs.svg"]
