"""The schema was changed as its release says, or the procedure is not proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.judge.model import Verdict
from tests.judge.story import (
    NEW_TABLES,
    OLD_TABLES,
    Story,
    healthy,
    judged,
    question,
    sentences,
)


def told(story: Story, path: Path) -> list[str]:
    return sentences(judged(story, path), "procedure")


def test_db_sync_that_exits_with_an_error_fails(tmp_path: Path) -> None:
    story = healthy()
    story.detail("expand", "db_sync")["exit_code"] = 1

    assert told(story, tmp_path) == ["FAIL: keystone-manage db_sync --expand exited with 1."]


def test_db_sync_without_an_exit_code_is_not_proven(tmp_path: Path) -> None:
    story = healthy()
    del story.detail("expand", "db_sync")["exit_code"]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The exit code of keystone-manage db_sync --expand is not journalled."
    ]


def test_db_sync_that_logs_an_error_fails_even_if_it_exits_with_0(tmp_path: Path) -> None:
    story = healthy()
    story.detail("contract", "db_sync")["log_errors"] = ["ERROR keystone: lost connection.", "ERROR again"]

    assert told(story, tmp_path) == [
        "FAIL: keystone-manage db_sync --contract logged 2 errors, the first: ERROR keystone: lost "
        "connection."
    ]


def test_expected_and_seen_tables_are_compared_again_whatever_the_driver_concluded(tmp_path: Path) -> None:
    story = healthy()
    story.detail("expand", "prove_schema")["seen"] = OLD_TABLES

    assert told(story, tmp_path) == [
        "FAIL: In phase expand the version tables hold alembic_version 47147121, c88cdce8f248, expected "
        "alembic_version 742c857f1dfb, c88cdce8f248."
    ]


def test_the_order_of_rows_in_a_version_table_means_nothing(tmp_path: Path) -> None:
    story = healthy()
    tables = {"alembic_version": list(reversed(NEW_TABLES["alembic_version"]))}
    story.detail("expand", "prove_schema")["seen"] = tables

    assert question(judged(story, tmp_path), "procedure").verdict is Verdict.PASS


def test_tables_that_are_not_journalled_prove_nothing(tmp_path: Path) -> None:
    story = healthy()
    del story.detail("expand", "prove_schema")["seen"]

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: The version tables of phase expand are not journalled, so its schema is not proven."
    ]


def test_a_skipped_expand_inside_its_phase_fails(tmp_path: Path) -> None:
    story = healthy()
    story.forget("expand", "db_sync")
    story.event(18, "skip", "expand", "db_sync", reason="injected")
    story.detail("expand", "prove_schema")["seen"] = OLD_TABLES

    assert told(story, tmp_path) == [
        "FAIL: In phase expand the version tables hold alembic_version 47147121, c88cdce8f248, expected "
        "alembic_version 742c857f1dfb, c88cdce8f248.",
        "FAIL: The phase expand ended without its step db_sync.",
    ]


@pytest.mark.parametrize("phase", ["expand", "migrate", "contract"])
def test_a_schema_phase_gone_through_without_its_steps_fails(tmp_path: Path, phase: str) -> None:
    story = healthy()
    if phase == "migrate":
        story.forget("migrate")
        story.phase("migrate", 21.9, 22)
    else:
        story.forget(phase, "db_sync")
        story.forget(phase, "prove_schema")

    assert told(story, tmp_path) == [
        f"FAIL: The phase {phase} ended without its step db_sync.",
        f"FAIL: The phase {phase} ended without its step prove_schema.",
    ]


def test_a_last_sample_that_contradicts_the_last_proof_fails(tmp_path: Path) -> None:
    story = healthy()
    story.versions[-1]["tables"] = OLD_TABLES

    assert told(story, tmp_path) == [
        "FAIL: The last sample of the version tables holds alembic_version 47147121, c88cdce8f248, expected "
        "alembic_version 742c857f1dfb, c88cdce8f248."
    ]


def test_a_last_sample_from_before_the_last_db_sync_ended_says_nothing_of_what_it_left(
    tmp_path: Path,
) -> None:
    for tables in (OLD_TABLES, NEW_TABLES):
        story = healthy()
        story.versions = [{**story.versions[0], "tables": tables}]

        assert told(story, tmp_path / tables["alembic_version"][0]) == [
            "INCONCLUSIVE: The version tables were last sampled 12.00 s into the run, before db_sync of "
            "phase contract had ended: what they held after it is the harness's word alone."
        ]
