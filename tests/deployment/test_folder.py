"""The folder of a lab: closed to others, and short enough for unix sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.deployment.local.folder import LabFolder, write_private
from harness.errors import UsageError


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_everything_in_a_new_lab_is_for_its_owner_only(short_path: Path) -> None:
    folder = LabFolder(short_path / "labs" / "abc123")
    folder.make()
    write_private(folder.secrets, "{}")
    assert mode(folder.path) == 0o700
    assert {mode(path) for path in folder.path.iterdir() if path.is_dir()} == {0o700}
    assert mode(folder.secrets) == 0o600


def test_a_file_that_others_could_read_is_closed_when_it_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert mode(path) == 0o600


def test_a_path_too_long_for_a_unix_socket_is_refused_with_its_length_and_the_remedy() -> None:
    folder = LabFolder(Path("/") / ("d" * 90) / "labs" / "abc123")
    with pytest.raises(UsageError) as refused:
        folder.check_path()
    assert str(refused.value) == (
        f"the lab folder {folder.path} is too deep: the path of a unix socket in it would have "
        f"127 bytes, the system allows 107; set HARNESS_HOME to a shorter path"
    )


@pytest.mark.parametrize("name", ["with space", "a,b", "cost$", "50%"])
def test_a_path_that_a_configuration_file_would_misread_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="which the servers' configuration files cannot hold"):
        LabFolder(Path("/") / name / "abc123").check_path()


def test_the_longest_path_that_fits_is_accepted() -> None:
    spare = 107 - len(str(LabFolder(Path("/x")).longest_socket))
    LabFolder(Path("/x" + "x" * spare)).check_path()
    with pytest.raises(UsageError):
        LabFolder(Path("/x" + "x" * (spare + 1))).check_path()


def test_a_folder_that_cannot_be_made_is_refused_with_the_reason(short_path: Path) -> None:
    (short_path / "labs").write_text("in the way")
    with pytest.raises(UsageError, match="set HARNESS_HOME to a folder of yours"):
        LabFolder(short_path / "labs" / "abc123").make()
