"""Stories of the catalogue: what it finds, which pairs it accepts, and how it refuses the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.releases.catalogue import Catalogue, Command, Release, Serves, load_catalogue

ENTRY = """
[[release]]
series = "2025.1"
version = "27.1.0"
slurp = true
pythons = ["3.11"]
lock = "keystone-2025.1.txt"
lock_cut_off = 2025-05-15
serves = { script = "keystone-wsgi-public" }
commands = ["doctor"]
version_table = "alembic_version"
"""
REMEDY = "harness/releases/README.md lists the keys of an entry"


STORIED = ("23.0.2", "25.0.0", "27.1.0", "29.1.0", "30.0.0")
"""What the stories are about; a release that is added later changes none of them."""


@pytest.fixture
def catalogue() -> Catalogue:
    shipped = load_catalogue()
    return Catalogue(tuple(shipped.find(version) for version in STORIED))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "catalogue.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        load_catalogue(written(tmp_path, text))
    return str(caught.value)


def pair_refusal(catalogue: Catalogue, from_: str, to: str) -> str:
    with pytest.raises(UsageError) as caught:
        catalogue.check_pair(catalogue.find(from_), catalogue.find(to))
    return str(caught.value)


def test_the_catalogue_is_read_oldest_first(catalogue: Catalogue) -> None:
    shipped = [release.number for release in load_catalogue()]
    assert shipped == sorted(shipped)
    assert [str(release) for release in catalogue] == [
        "23.0.2 (2023.1)",
        "25.0.0 (2024.1)",
        "27.1.0 (2025.1)",
        "29.1.0 (2026.1)",
        "30.0.0 (2026.2)",
    ]


@pytest.mark.parametrize("text", ["2025.1", "27.1.0"])
def test_a_release_is_found_by_series_and_by_version(catalogue: Catalogue, text: str) -> None:
    release = catalogue.find(text)
    assert (release.series, release.version, release.major, release.slurp) == ("2025.1", "27.1.0", 27, True)


def test_a_series_with_two_point_releases_means_the_newer(tmp_path: Path) -> None:
    older = ENTRY.replace("27.1.0", "27.0.0")
    catalogue = load_catalogue(written(tmp_path, ENTRY + older))
    assert catalogue.find("2025.1").version == "27.1.0"
    catalogue.check_pair(catalogue.find("27.0.0"), catalogue.find("27.1.0"))


def test_an_unknown_release_lists_the_known_and_says_how_to_add_one(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError) as caught:
        catalogue.find("2031.1")
    assert str(caught.value) == (
        "unknown Keystone release '2031.1': known are 23.0.2 (2023.1), 25.0.0 (2024.1), 27.1.0 (2025.1), "
        "29.1.0 (2026.1), 30.0.0 (2026.2); harness/releases/README.md says how to add one"
    )


@pytest.mark.parametrize(
    ("from_", "to"),
    [("2025.1", "2025.1"), ("2026.1", "2026.2"), ("2023.1", "2024.1"), ("2025.1", "2026.1")],
)
def test_the_same_the_next_and_slurp_to_slurp_are_accepted(catalogue: Catalogue, from_: str, to: str) -> None:
    catalogue.check_pair(catalogue.find(from_), catalogue.find(to))


def test_a_downgrade_is_refused(catalogue: Catalogue) -> None:
    assert pair_refusal(catalogue, "2026.1", "2025.1") == (
        "Keystone cannot be downgraded from 29.1.0 (2026.1) to 27.1.0 (2025.1): swap the two, or restore a "
        "database backup of the older release"
    )


def test_a_jump_over_a_slurp_names_the_release_to_stop_at(catalogue: Catalogue) -> None:
    assert pair_refusal(catalogue, "2023.1", "2025.1") == (
        "Keystone cannot go from 23.0.2 (2023.1) to 27.1.0 (2025.1) in one step: "
        "upgrade to 25.0.0 (2024.1) first"
    )


def test_a_long_jump_names_every_stop_in_order(catalogue: Catalogue) -> None:
    assert pair_refusal(catalogue, "2024.1", "2026.2") == (
        "Keystone cannot go from 25.0.0 (2024.1) to 30.0.0 (2026.2) in one step: upgrade to 27.1.0 (2025.1) "
        "and then to 29.1.0 (2026.1) first"
    )


def test_a_jump_without_a_known_stop_says_what_the_catalogue_lacks(catalogue: Catalogue) -> None:
    sparse = Catalogue((catalogue.find("2023.1"), catalogue.find("2026.1")))
    assert pair_refusal(sparse, "2023.1", "2026.1") == (
        "Keystone cannot go from 23.0.2 (2023.1) to 29.1.0 (2026.1) in one step: first upgrade to a release "
        "between them, which the catalogue lacks; harness/releases/README.md says how to add one"
    )


def test_two_series_may_be_skipped_to_only_between_slurp_releases(tmp_path: Path) -> None:
    later = (
        ENTRY.replace("27.1.0", "29.0.0").replace("2025.1", "2026.1").replace("slurp = true", "slurp = false")
    )
    catalogue = load_catalogue(written(tmp_path, ENTRY + later))
    assert "in one step" in pair_refusal(catalogue, "27.1.0", "29.0.0")


def test_slurp_did_not_exist_before_2023_1(tmp_path: Path) -> None:
    older = ENTRY.replace("27.1.0", "21.0.0").replace("2025.1", "yoga")
    newer = ENTRY.replace("27.1.0", "23.0.0").replace("2025.1", "2023.1")
    catalogue = load_catalogue(written(tmp_path, older + newer))
    assert "in one step" in pair_refusal(catalogue, "21.0.0", "23.0.0")


def test_the_pairs_are_the_supported_upgrades(catalogue: Catalogue) -> None:
    assert [(older.series, newer.series) for older, newer in catalogue.pairs()] == [
        ("2023.1", "2024.1"),
        ("2024.1", "2025.1"),
        ("2025.1", "2026.1"),
        ("2026.1", "2026.2"),
    ]


def test_an_entry_says_what_the_release_can_do(tmp_path: Path) -> None:
    release: Release = load_catalogue(written(tmp_path, ENTRY)).find("2025.1")
    assert release.serves == Serves("script", "keystone-wsgi-public")
    assert release.has(Command.DOCTOR)
    assert not release.has(Command.TOKEN_FLUSH)


REFUSALS = [
    (
        "a value of the wrong kind",
        ENTRY.replace("slurp = true", 'slurp = "yes"'),
        f"catalogue.toml: entry 1 (2025.1), slurp: 'yes' is not possible; expected true or false; {REMEDY}",
    ),
    (
        "a missing key",
        ENTRY.replace('lock = "keystone-2025.1.txt"\n', ""),
        f"catalogue.toml: entry 1 (2025.1), lock: is missing; add it; {REMEDY}",
    ),
    (
        "an unknown key",
        ENTRY + "colour = 1\n",
        f"catalogue.toml: entry 1 (2025.1), colour: unknown key; known here: commands, lock, "
        f"lock_cut_off, pythons, series, serves, slurp, version, version_table; {REMEDY}",
    ),
    (
        "two ways to be served",
        ENTRY.replace('{ script = "keystone-wsgi-public" }', '{ script = "a", module = "a:b" }'),
        "catalogue.toml: entry 1 (2025.1), serves: exactly one of script and module is needed; " + REMEDY,
    ),
    (
        "an unknown command",
        ENTRY.replace('["doctor"]', '["nurse"]'),
        "catalogue.toml: entry 1 (2025.1), commands.0: 'nurse' is not possible; expected one of 'doctor', "
        f"'token_flush', 'upgrade_check', 'db_sync_check' or 'db_sync_migrate'; {REMEDY}",
    ),
    (
        "the same version twice",
        ENTRY + ENTRY,
        "catalogue.toml: entry 2 (2025.1), version: 27.1.0 is there twice; remove one",
    ),
    ("no entry", "", f"catalogue.toml: has no [[release]] entry; {REMEDY}"),
    (
        "a table of another name",
        ENTRY + "[releases]\n",
        f"catalogue.toml: unknown key 'releases': only [[release]] is; {REMEDY}",
    ),
]


@pytest.mark.parametrize(
    ("text", "sentence"), [story[1:] for story in REFUSALS], ids=[s[0] for s in REFUSALS]
)
def test_a_malformed_catalogue_is_refused_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    assert refusal(tmp_path, text) == sentence


def test_broken_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, "[[release]\n")
    assert sentence.startswith("catalogue.toml: is not TOML: ")
    assert "line 1" in sentence
    assert sentence.endswith(REMEDY)


def test_a_missing_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_catalogue(tmp_path / "none.toml")
    assert str(caught.value) == "none.toml: cannot be read (No such file or directory); give another file"
