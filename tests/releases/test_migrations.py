"""Stories of migrations, told by a made-up release's scripts and, in the lab, by real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.releases.catalogue import Release, load_catalogue
from harness.releases.migrations import Migration, heads, migrations, pending
from harness.releases.prepare import InstalledRelease, default_home, prepare
from harness.releases.schema import Heads

VERSIONS = "lib/python3.11/site-packages/keystone/common/sql/migrations/versions"
OLD = {
    "yoga/expand/aa.py": ("aa", "root", "Initial."),
    "yoga/contract/cc.py": ("cc", "root", "Initial."),
}
NEW = OLD | {
    # Named so that the alphabet and the chain disagree.
    "zed/expand/11.py": ("11", "bb", "Add an index"),
    "antelope/expand/bb.py": ("bb", "aa", "Add a column"),
    "antelope/contract/dd.py": ("dd", "cc", "Drop a column"),
}


def release() -> Release:
    return load_catalogue().find("2025.1")


def installed(prefix: Path, scripts: dict[str, tuple[str, str, str]]) -> InstalledRelease:
    root = prefix / VERSIONS
    root.mkdir(parents=True)
    (root / "root_initial_version.py").write_text(
        "revision = 'root'\ndown_revision = None\n", encoding="utf-8"
    )
    for name, (revision, before, title) in scripts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(
            f'"""{title}\n\nCreate Date: 2023\n"""\n\nimport nothing_that_exists\n\n'
            f"revision = '{revision}'\ndown_revision: str | None = '{before}'\nbranch_labels = None\n",
            encoding="utf-8",
        )
    return InstalledRelease(release(), prefix)


def test_migrations_come_in_the_order_they_run(tmp_path: Path) -> None:
    assert migrations(installed(tmp_path, NEW)) == (
        Migration("expand", "aa", "root", "Initial."),
        Migration("expand", "bb", "aa", "Add a column"),
        Migration("expand", "11", "bb", "Add an index"),
        Migration("contract", "cc", "root", "Initial."),
        Migration("contract", "dd", "cc", "Drop a column"),
    )


def test_heads_are_the_last_of_each_branch(tmp_path: Path) -> None:
    assert heads(installed(tmp_path, NEW)) == Heads(expand="11", contract="dd")


def test_an_upgrade_runs_what_the_older_release_lacks(tmp_path: Path) -> None:
    older, newer = installed(tmp_path / "old", OLD), installed(tmp_path / "new", NEW)
    assert [migration.revision for migration in pending(older, newer)] == ["bb", "11", "dd"]


def test_the_same_release_has_nothing_pending(tmp_path: Path) -> None:
    same = installed(tmp_path, NEW)
    assert pending(same, same) == ()


def test_a_newer_release_that_forgot_a_migration_is_refused(tmp_path: Path) -> None:
    older, newer = installed(tmp_path / "old", NEW), installed(tmp_path / "new", OLD)
    with pytest.raises(HarnessError) as caught:
        pending(older, newer)
    assert str(caught.value) == (
        "Keystone 27.1.0 (2025.1) does not know migration 11 of 27.1.0 (2025.1): "
        "it cannot take over that database"
    )


def test_a_fork_is_refused(tmp_path: Path) -> None:
    forked = installed(tmp_path, NEW | {"zed/expand/22.py": ("22", "bb", "Another")})
    with pytest.raises(HarnessError, match=r"the expand migrations under .* form no chain: 2 follow bb;"):
        migrations(forked)


def test_a_gap_is_refused(tmp_path: Path) -> None:
    gap = {name: script for name, script in NEW.items() if script[0] != "bb"}
    with pytest.raises(HarnessError, match="form no chain: 2 follow the start;"):
        migrations(installed(tmp_path, gap))


def test_a_branch_without_scripts_is_refused(tmp_path: Path) -> None:
    lonely = {name: script for name, script in OLD.items() if "expand" in name}
    with pytest.raises(
        HarnessError, match=r"the contract migrations under .* form no chain: 0 follow the start;"
    ):
        migrations(installed(tmp_path, lonely))


def test_a_release_without_alembic_scripts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="has no Alembic migrations"):
        migrations(installed(tmp_path, {}))


def test_a_script_that_is_no_python_is_refused(tmp_path: Path) -> None:
    broken = installed(tmp_path, OLD)
    (tmp_path / VERSIONS / "yoga/expand/aa.py").write_text("revision =\n", encoding="utf-8")
    with pytest.raises(HarnessError, match=r"migration .*aa\.py cannot be read"):
        migrations(broken)


def test_a_damaged_installation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"is damaged: remove .* and prepare it again"):
        migrations(InstalledRelease(release(), tmp_path))


@pytest.mark.lab
def test_real_releases_have_the_known_heads() -> None:
    catalogue, home = load_catalogue(), default_home()
    older = prepare(catalogue.find("27.1.0"), home, report=print)
    newer = prepare(catalogue.find("29.1.0"), home, report=print)
    assert heads(older) == Heads(expand="47147121", contract="c88cdce8f248")
    assert heads(newer) == Heads(expand="742c857f1dfb", contract="c88cdce8f248")
    assert [(each.branch, each.revision, each.title) for each in pending(older, newer)] == [
        ("expand", "e8725d6fa226", "Add project_id index to project_endpoint_group"),
        ("expand", "742c857f1dfb", "Add index in revocation_event"),
    ]
