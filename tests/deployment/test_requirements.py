"""What a machine lacks, and the exact command that brings it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.deployment.local import requirements
from harness.errors import UsageError


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no programs but those put into the folder that is returned."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(requirements, "_MORE_FOLDERS", ())
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    return tmp_path


def install(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def test_a_bare_machine_lacks_every_program(empty_machine: Path) -> None:
    missing = [each.program for each in requirements.missing_programs()]
    assert missing == ["mariadbd", "mariadb-install-db", "mariadb-dump", "haproxy", "memcached"]


def test_only_what_is_absent_is_missing(empty_machine: Path) -> None:
    for name in ("mariadbd", "mariadb-install-db", "mariadb-dump", "haproxy"):
        install(empty_machine, name)
    assert [each.program for each in requirements.missing_programs()] == ["memcached"]


def test_a_machine_with_everything_lacks_nothing(empty_machine: Path) -> None:
    for name in requirements.PROGRAMS:
        install(empty_machine, name)
    assert requirements.missing_programs() == []


def test_programs_are_found_where_distributions_hide_servers(
    empty_machine: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    sbin = tmp_path_factory.mktemp("sbin")
    install(sbin, "haproxy")
    monkeypatch.setattr(requirements, "_MORE_FOLDERS", (str(sbin),))
    assert requirements.find_program("haproxy") == sbin / "haproxy"


@pytest.mark.parametrize(
    ("family", "command"),
    [
        ("debian", "sudo apt-get install --no-install-recommends mariadb-server haproxy"),
        ("fedora", "sudo dnf install mariadb-server haproxy"),
    ],
)
def test_the_command_is_that_of_the_distribution(empty_machine: Path, family: str, command: str) -> None:
    packages = ["mariadb-server", "mariadb-server", "haproxy"]
    assert requirements.install_command(packages, family) == command


@pytest.mark.parametrize(
    ("release", "family"),
    [
        ({"ID": "ubuntu", "ID_LIKE": "debian"}, "debian"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "fedora"),
        ({"ID": "alpine"}, None),
    ],
)
def test_a_distribution_is_known_by_what_it_is_like(
    release: dict[str, str], family: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: release)
    assert requirements.distribution_family() == family


def test_an_unknown_distribution_is_given_both_commands(
    empty_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": "alpine"})
    assert requirements.install_command(["haproxy"]) == (
        "sudo apt-get install --no-install-recommends haproxy (Debian, Ubuntu) or "
        "sudo dnf install haproxy (Fedora, RHEL)"
    )


def test_a_needed_program_that_is_absent_is_refused_with_its_command(
    empty_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"ID": "debian"})
    with pytest.raises(UsageError) as refused:
        requirements.need_program("memcached")
    assert str(refused.value) == (
        "the program memcached is not installed; install it with: "
        "sudo apt-get install --no-install-recommends memcached"
    )
