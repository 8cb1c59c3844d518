"""Every release has a lock, and a lock pins, hashes and gives nothing of the machine away."""

from __future__ import annotations

import re

import pytest

from harness.releases.catalogue import LOCKS_FOLDER, Release, load_catalogue
from harness.releases.locking import BUILD_LOCK, lock_arguments

RELEASES = load_catalogue().releases
PINNED = re.compile(r"^[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.+!]*( ; .+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")

every_release = pytest.mark.parametrize("release", RELEASES, ids=str)


def lines(release: Release) -> list[str]:
    return release.lock_path.read_text(encoding="utf-8").splitlines()


@every_release
def test_the_first_line_says_how_the_lock_was_made(release: Release) -> None:
    assert lines(release)[0] == f"# Made by: uv {' '.join(lock_arguments(release))}"


@every_release
def test_every_other_line_is_a_pin_or_a_hash(release: Release) -> None:
    strange = [line for line in lines(release)[1:] if not PINNED.match(line) and not HASH.match(line)]
    assert strange == []


@every_release
def test_every_pin_is_followed_by_a_hash(release: Release) -> None:
    body = lines(release)[1:]
    unhashed = [
        line
        for line, following in zip(body, [*body[1:], ""], strict=True)
        if PINNED.match(line) and not HASH.match(following)
    ]
    assert unhashed == []


@every_release
def test_no_address_and_no_path_is_in_a_lock(release: Release) -> None:
    text = release.lock_path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "/" not in text


@every_release
def test_a_lock_holds_the_release_and_what_the_lab_needs_beside_it(release: Release) -> None:
    names = dict(line.split(" ")[0].split("==") for line in lines(release) if PINNED.match(line))
    assert names["keystone"] == release.version
    assert {"pyuwsgi", "pymysql", "python-memcached", "setuptools"} <= names.keys()


def test_every_release_is_served_by_the_same_uwsgi() -> None:
    pins = {line for release in RELEASES for line in lines(release) if line.startswith("pyuwsgi==")}
    assert len(pins) == 1


def test_no_lock_is_without_a_release_and_each_has_its_input() -> None:
    assert {path.name for path in LOCKS_FOLDER.glob("*.txt")} == {release.lock for release in RELEASES} | {
        BUILD_LOCK
    }
    assert all(release.lock_path.with_suffix(".in").is_file() for release in RELEASES)
