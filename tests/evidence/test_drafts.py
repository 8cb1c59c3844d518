"""A file is replaced whole or not at all, whoever owns the folder that it lies in."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.deployment.local.folder import write_private
from harness.errors import HarnessError
from harness.evidence import drafts
from harness.evidence.drafts import PUBLIC_FILE_MODE, replace_file
from harness.evidence.manifest import read_manifest, write_manifest
from harness.evidence.rundir import RunDirectory
from harness.judge.verdict import judge_run
from harness.judge.verdict_file import write_verdict
from harness.report.write import write_report
from tests.evidence.full_disk import FULL, fill_the_disk
from tests.judge.story import healthy

needs_full_device = pytest.mark.skipif(not FULL.exists(), reason="the full device is Linux's")


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    replace_file(tmp_path / "new", b"told")
    assert (tmp_path / "new").read_bytes() == b"told"
    assert _mode(tmp_path / "new") == 0o600
    assert _names(tmp_path) == ["new"]


def test_an_old_file_is_replaced_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    path.write_bytes(b"much longer than what comes")
    path.chmod(0o644)
    replace_file(path, b"new")
    assert (path.read_bytes(), _mode(path)) == (b"new", 0o600)


def test_what_is_for_everybody_gets_the_permissions_of_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0o027)
    try:
        replace_file(tmp_path / "table.json", b"{}", mode=PUBLIC_FILE_MODE)
    finally:
        os.umask(umask)
    assert _mode(tmp_path / "table.json") == 0o640


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path: Path) -> None:
    other = tmp_path / "shadow"
    other.write_bytes(b"of somebody else")
    (tmp_path / "verdict.json").symlink_to(other)
    replace_file(tmp_path / "verdict.json", b"PASS")
    assert other.read_bytes() == b"of somebody else"
    assert not (tmp_path / "verdict.json").is_symlink()


def test_a_draft_that_is_a_link_already_is_refused_and_its_target_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "guessed")
    other = tmp_path / "shadow"
    other.write_bytes(b"of somebody else")
    (tmp_path / "verdict.json.guessed.new").symlink_to(other)
    with pytest.raises(FileExistsError):
        replace_file(tmp_path / "verdict.json", b"PASS")
    assert other.read_bytes() == b"of somebody else"
    assert (tmp_path / "verdict.json.guessed.new").is_symlink()


@needs_full_device
def test_a_full_disk_leaves_the_old_file_as_it_was_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b"old")
    fill_the_disk(monkeypatch)
    with pytest.raises(OSError, match="No space left on device") as full:
        replace_file(path, b"new", sync=True)
    assert (full.value.errno, full.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["run.json"]


def test_a_writer_that_is_interrupted_leaves_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(drafts, "_fill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "run.json", b"new")
    assert _names(tmp_path) == []


def _verdict(run: RunDirectory) -> None:
    write_verdict(judge_run(run), run.verdict)


def _manifest(run: RunDirectory) -> None:
    write_manifest(run.manifest, read_manifest(run.manifest))


def _report(run: RunDirectory) -> None:
    write_report(judge_run(run), run)


def _private(run: RunDirectory) -> None:
    write_private(run.path / "secrets.json", "{}")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("verdict.json", _verdict),
        ("run.json", _manifest),
        ("report.html", _report),
        ("summary.md", _report),
        ("junit.xml", _report),
        ("secrets.json", _private),
    ],
)
def test_a_link_planted_where_a_draft_used_to_lie_leads_to_no_file_of_anybody(
    name: str, write: Callable[[RunDirectory], None], tmp_path: Path
) -> None:
    """Whose run is judged may have put it there, so that root writes to a file of root's."""
    run = healthy().write(tmp_path / "run")
    other = tmp_path / "shadow"
    other.write_bytes(b"of somebody else")
    run.path.joinpath(f"{name}.new").symlink_to(other)
    write(run)
    assert other.read_bytes() == b"of somebody else"
    assert run.path.joinpath(name).is_file()


@needs_full_device
def test_a_full_disk_is_told_with_the_file_that_has_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = healthy().write(tmp_path / "run")
    judgement = judge_run(run)
    fill_the_disk(monkeypatch)
    with pytest.raises(HarnessError) as full:
        write_verdict(judgement, run.verdict)
    assert str(full.value) == (
        f"{run.verdict}: cannot be written (No space left on device); make room there and judge the run "
        "again."
    )
    assert not list(run.path.glob("*.new"))
