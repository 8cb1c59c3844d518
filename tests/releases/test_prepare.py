"""Stories of installing, with a small program in the place of uv: no network."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import uv

from harness.errors import HarnessError, UsageError
from harness.releases import catalogue as catalogue_module
from harness.releases.catalogue import Release, load_catalogue
from harness.releases.prepare import InstalledRelease, default_home, is_prepared, prepare

# uv venv --no-project --no-python-downloads --python 3.11 FOLDER; uv pip sync ... LOCK
# Makes a venv with a keystone-manage that says its version; every call is a line in `calls`.
FAKE_UV = """#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/calls"
case "$1" in
venv)
    if [ -e "$here/no-python-$5" ]; then echo "No interpreter found for Python $5"; exit 2; fi
    mkdir -p "$6/bin"
    printf '#!/bin/sh\\necho %s\\n' "$(cat "$here/version")" > "$6/bin/keystone-manage"
    chmod +x "$6/bin/keystone-manage" ;;
pip)
    sleep 0.2
    if [ -e "$here/no-network" ]; then echo "error: network unreachable"; exit 1; fi ;;
esac
"""


class FakeUv:
    """The program that stands in for uv, and switches for what goes wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "uv"
        self.program.write_text(FAKE_UV, encoding="utf-8")
        self.program.chmod(0o755)
        self.says_version("27.1.0")

    def says_version(self, version: str) -> None:
        (self.folder / "version").write_text(version, encoding="utf-8")

    def switch(self, name: str, *, on: bool = True) -> None:
        path = self.folder / name
        path.touch() if on else path.unlink()

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return [line.split(" ")[0] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def fake_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    folder = tmp_path / "fake"
    folder.mkdir()
    fake = FakeUv(folder)
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(fake.program))
    return fake


@pytest.fixture
def release() -> Release:
    return load_catalogue().find("2025.1")


def quiet(sentence: str) -> None:
    """Take a report and say nothing."""


def test_a_release_is_installed_once(tmp_path: Path, fake_uv: FakeUv, release: Release) -> None:
    sentences: list[str] = []
    assert not is_prepared(release, tmp_path)
    first = prepare(release, tmp_path, report=sentences.append)
    second = prepare(release, tmp_path, report=sentences.append)
    assert first == second
    assert is_prepared(release, tmp_path)
    assert fake_uv.calls() == ["venv", "pip"]
    assert sentences[0] == "installing Keystone 27.1.0 (2025.1) on Python 3.11"
    assert len(sentences) == 2


def test_the_folder_is_named_by_version_and_lock(tmp_path: Path, fake_uv: FakeUv, release: Release) -> None:
    installed = prepare(release, tmp_path, report=quiet)
    version, _, digest = installed.prefix.name.partition("-")
    assert installed.prefix.parent == tmp_path / "releases"
    assert version == "27.1.0"
    assert len(digest) == 12
    assert json.loads((installed.prefix / "prepared.json").read_text())["python"] == "3.11"


def test_another_lock_is_another_installation(
    tmp_path: Path, fake_uv: FakeUv, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(release, tmp_path, report=quiet)
    (tmp_path / release.lock).write_text("keystone==27.1.0\n", encoding="utf-8")
    monkeypatch.setattr(catalogue_module, "LOCKS_FOLDER", tmp_path)
    assert not is_prepared(release, tmp_path)
    assert prepare(release, tmp_path, report=quiet).prefix != first.prefix


def test_a_half_made_installation_is_made_again(tmp_path: Path, fake_uv: FakeUv, release: Release) -> None:
    installed = prepare(release, tmp_path, report=quiet)
    (installed.prefix / "prepared.json").unlink()
    (installed.prefix / "left-over").touch()
    assert not is_prepared(release, tmp_path)
    prepare(release, tmp_path, report=quiet)
    assert is_prepared(release, tmp_path)
    assert not (installed.prefix / "left-over").exists()


def test_two_at_once_install_once(tmp_path: Path, fake_uv: FakeUv, release: Release) -> None:
    found: list[InstalledRelease] = []
    threads = [
        threading.Thread(target=lambda: found.append(prepare(release, tmp_path, report=quiet)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(found) == 3
    assert len(set(found)) == 1
    assert fake_uv.calls() == ["venv", "pip"]


def test_the_next_python_is_tried_where_the_first_is_missing(
    tmp_path: Path, fake_uv: FakeUv, release: Release
) -> None:
    fake_uv.switch("no-python-3.11")
    sentences: list[str] = []
    prepare(release, tmp_path, report=sentences.append)
    assert sentences[0] == f"installing Keystone 27.1.0 (2025.1) on Python {release.pythons[1]}"
    assert is_prepared(release, tmp_path)


def test_no_python_at_all_names_those_that_would_do(
    tmp_path: Path, fake_uv: FakeUv, release: Release
) -> None:
    for python in release.pythons:
        fake_uv.switch(f"no-python-{python}")
    with pytest.raises(UsageError) as caught:
        prepare(release, tmp_path, report=quiet)
    assert str(caught.value) == (
        f"Keystone 27.1.0 (2025.1) needs Python {' or '.join(release.pythons)}, which is not here and uv "
        f"could not fetch: install it, then run this again; what uv said is in {tmp_path}/releases/27.1.0.log"
    )


def test_a_failed_install_shows_what_uv_said_and_can_be_tried_again(
    tmp_path: Path, fake_uv: FakeUv, release: Release
) -> None:
    fake_uv.switch("no-network")
    with pytest.raises(HarnessError) as caught:
        prepare(release, tmp_path, report=quiet)
    assert str(caught.value) == (
        "Keystone 27.1.0 (2025.1) could not be installed; uv said: error: network unreachable; "
        f"the whole output is in {tmp_path}/releases/27.1.0.log"
    )
    assert not is_prepared(release, tmp_path)
    fake_uv.switch("no-network", on=False)
    prepare(release, tmp_path, report=quiet)
    assert is_prepared(release, tmp_path)


def test_an_installation_of_another_version_is_refused(
    tmp_path: Path, fake_uv: FakeUv, release: Release
) -> None:
    fake_uv.says_version("9.9.9")
    with pytest.raises(HarnessError, match=r"is installed but does not start: 9\.9\.9;"):
        prepare(release, tmp_path, report=quiet)
    assert not is_prepared(release, tmp_path)


def test_a_release_without_its_lock_is_refused(
    tmp_path: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_module, "LOCKS_FOLDER", tmp_path)
    with pytest.raises(UsageError) as caught:
        prepare(release, tmp_path, report=quiet)
    assert str(caught.value) == (
        "Keystone 27.1.0 (2025.1) has no lock keystone-2025.1.txt (No such file or directory): "
        "harness/releases/README.md says how to make it"
    )


def test_a_home_that_cannot_be_made_is_refused(tmp_path: Path, release: Release) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot be made .*: set HARNESS_HOME to a folder of yours"):
        prepare(release, tmp_path / "file", report=quiet)


def test_the_home_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    assert default_home() == tmp_path
    monkeypatch.delenv("HARNESS_HOME")
    assert default_home().name == "keystone-upgrade-harness"


def test_a_script_is_served_by_its_path_and_a_module_by_its_name(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    script = InstalledRelease(catalogue.find("2025.1"), tmp_path)
    module = InstalledRelease(catalogue.find("2026.1"), tmp_path)
    assert script.uwsgi_arguments == ("--wsgi-file", str(tmp_path / "bin/keystone-wsgi-public"))
    assert module.uwsgi_arguments == ("--module", "keystone.wsgi.api:application")
    assert script.keystone_manage == tmp_path / "bin/keystone-manage"
