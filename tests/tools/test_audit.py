from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.audit import FOUND, NOT_LOOKED_UP, OWN, Audit, main, read

CLEAN: dict[str, Any] = {"name": "click", "version": "8.1", "vulns": []}
HURT: dict[str, Any] = {
    "name": "jinja2",
    "version": "3.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1"], "description": "..."}, {"id": "PYSEC-2"}],
}
SKIPPED: dict[str, Any] = {"name": "uv", "skip_reason": "Dependency not found and could not be audited"}
RELEASE = Path("keystone-2025.1.txt")


def _said(*dependencies: dict[str, Any]) -> Audit:
    return read("some.lock", json.dumps({"dependencies": dependencies, "fixes": []}), "")


def test_a_lock_against_which_nothing_is_known() -> None:
    assert _said(CLEAN).told() == "some.lock: 1 packages, 0 known vulnerabilities"


def test_each_vulnerability_is_a_line() -> None:
    assert _said(CLEAN, HURT).told().splitlines() == [
        "some.lock: 2 packages, 2 known vulnerabilities",
        "  jinja2 3.0: PYSEC-1, mended in 3.1",
        "  jinja2 3.0: PYSEC-2, not mended yet",
    ]


@pytest.mark.parametrize(
    ("audit", "why"),
    [
        (_said(CLEAN, SKIPPED), "nothing is known of uv, 1 in all"),
        (_said(), "pip-audit found no package in it"),
        (read("some.lock", "", "Traceback ...\nno route\n"), "the data could not be reached (no route)"),
        (read("some.lock", "{}", ""), "the data could not be reached (pip-audit said nothing)"),
    ],
    ids=["skipped", "empty", "no network", "no answer"],
)
def test_what_was_not_looked_up_is_no_clean_bill(audit: Audit, why: str) -> None:
    assert audit.unknown == why
    assert audit.told().endswith(f"; NOT LOOKED UP: {why}")


def test_what_is_known_against_our_own_locks_fails_and_against_a_release_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([OWN[0]], lambda _: _said(HURT)) == FOUND
    assert main([RELEASE], lambda _: _said(HURT)) == 0
    assert "PYSEC-1" in capsys.readouterr().out


def test_where_the_data_is_not_reached_the_audit_says_so_once_and_does_not_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([OWN[0], RELEASE], lambda lock: read(lock.name, "", "no route")) == NOT_LOOKED_UP
    assert capsys.readouterr().out.splitlines() == [
        "requirements.lock: 0 packages, 0 known vulnerabilities; "
        "NOT LOOKED UP: the data could not be reached (no route)",
        "The locks after it were not tried.",
    ]


def test_what_was_found_is_not_hidden_by_what_was_not_looked_up() -> None:
    assert main([OWN[0]], lambda _: _said(HURT, SKIPPED)) == FOUND
