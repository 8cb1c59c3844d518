"""A change that was honoured only once somebody else's write had dropped the cache was not honoured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.evidence.continuity import CellOutcome
from harness.judge import judge_run
from harness.judge.model import Judgement, Verdict
from tests.judge.books import Books
from tests.judge.cells import checked_story, find
from tests.judge.story import Story, ns, question, sentences

PREPARED, CHANGED, FIRST, LAST_STALE, SEEN = 27.5, 27.7, 27.75, 31.3, 31.6
"""Seconds into the run: of the look before the change, of the change, and of the looks after it."""


def looked(
    story: Story, check: str, *, first: str = "answered 200", stale: float | None, **more: Any
) -> None:
    """The looks of the cell that node1 decided at second 31.6."""
    looks = {
        "prepared_ns": ns(PREPARED),
        "changed_ns": ns(CHANGED),
        "first_ns": ns(FIRST if stale is not None else SEEN),
        "first": first,
        "stale_ns": None if stale is None else ns(stale),
        "ended_ns": ns(SEEN) + 20_000_000,
        **more,
    }
    find(story, check).update(took_s=SEEN - CHANGED, looks=looks)


def judged_with(story: Story, path: Path, *writes: tuple[float, str, dict[str, Any]]) -> Judgement:
    """The story beside a load that wrote so."""
    run = story.write(path)
    books = Books(stages=())
    for second, op, asked in writes:
        made = books.write(second, op, f"user-{second:g}", **asked)
        assert made.completed_ns is not None
    books.told(run)
    return judge_run(run)


def test_a_stale_token_that_a_deletion_by_the_load_healed_fails_and_says_so(tmp_path: Path) -> None:
    story = checked_story()
    looked(story, "revoked_token_refused", stale=LAST_STALE)

    judgement = judged_with(story, tmp_path, (31.5, "user_delete", {}))

    assert judgement.verdict is Verdict.FAIL
    assert sentences(judgement, "continuity") == [
        "FAIL: A token revoked at node2 (27.1.0) was not refused at node1 (29.1.0) in phase roll, 31.60 s "
        "into the run (node1 answered 200 0.05 s after the change, and honoured it 3.90 s after it, just "
        "when a user_delete of the load (load/user_create/reused) dropped Keystone's cache of tokens: that "
        "healed it)."
    ]
    (shown,) = (
        c for c in judgement.continuity if c.check == "revoked_token_refused" and c.mono_ns == ns(31.6)
    )
    assert shown.outcome == CellOutcome.BROKEN


@pytest.mark.parametrize(
    ("check", "write", "asked", "verdict"),
    [
        ("revoked_token_refused", "user_delete", {}, Verdict.FAIL),
        ("revoked_token_refused", "project_delete", {}, Verdict.FAIL),
        ("revoked_token_refused", "role_revoke", {}, Verdict.FAIL),
        ("revoked_token_refused", "user_update", {"enabled": False}, Verdict.FAIL),
        ("revoked_token_refused", "user_update", {"password": 2}, Verdict.FAIL),
        ("revoked_token_refused", "user_update", {"description": "changed"}, Verdict.PASS),
        ("revoked_token_refused", "user_create", {}, Verdict.PASS),
        ("revoked_token_refused", "role_grant", {}, Verdict.PASS),
        ("revoked_token_refused", "project_create", {}, Verdict.PASS),
        ("disabled_token_refused", "user_delete", {}, Verdict.FAIL),
        ("deleted_token_refused", "user_delete", {}, Verdict.FAIL),
        ("role_granted", "role_grant", {}, Verdict.FAIL),
        ("role_granted", "project_create", {}, Verdict.FAIL),
        ("role_revoked", "user_delete", {}, Verdict.FAIL),
        ("role_revoked", "user_update", {"enabled": False}, Verdict.PASS),
        # A login reads the user, whose entry nobody else's write drops.
        ("disabled_login_refused", "user_delete", {}, Verdict.PASS),
        ("old_password_refused", "user_delete", {}, Verdict.PASS),
    ],
)
def test_only_a_write_that_drops_what_the_check_looks_behind_heals_it(
    tmp_path: Path, check: str, write: str, asked: dict[str, Any], verdict: Verdict
) -> None:
    story = checked_story()
    looked(story, check, stale=LAST_STALE)

    judgement = judged_with(story, tmp_path, (31.5, write, asked))

    assert question(judgement, "continuity").verdict is verdict


def test_a_stale_answer_that_came_true_by_itself_within_the_bound_is_honoured(tmp_path: Path) -> None:
    story = checked_story()
    looked(story, "revoked_token_refused", stale=LAST_STALE)

    judgement = judged_with(story, tmp_path, (29.0, "user_delete", {}), (32.0, "user_delete", {}))

    assert question(judgement, "continuity").verdict is Verdict.PASS


@pytest.mark.parametrize("second", [PREPARED, 27.6, SEEN])
def test_a_write_that_may_have_hidden_a_stale_answer_leaves_the_check_unknown(
    tmp_path: Path, second: float
) -> None:
    story = checked_story()
    looked(story, "role_revoked", first="answered 201", stale=None, tries=12)

    judgement = judged_with(story, tmp_path, (second, "role_grant", {}))

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "continuity") == [
        "INCONCLUSIVE: In phase roll 1 check of what was made at node2 could not be decided at node1 "
        "(role_revoked): the last of 12 times a role_grant of the load (load/user_create/reused) dropped "
        "Keystone's cache of role assignments between the looks, so that what was cached was not seen."
    ]


def test_a_check_that_nobody_came_between_is_honoured(tmp_path: Path) -> None:
    story = checked_story()
    looked(story, "role_revoked", first="answered 201", stale=None, tries=2)

    judgement = judged_with(story, tmp_path, (27.4, "role_grant", {}), (31.7, "user_delete", {}))

    assert question(judgement, "continuity").verdict is Verdict.PASS


def test_a_write_that_was_certainly_not_done_dropped_nothing(tmp_path: Path) -> None:
    story = checked_story()
    looked(story, "revoked_token_refused", stale=LAST_STALE)
    run = story.write(tmp_path)
    books = Books(stages=())
    books.write(31.5, "user_delete", outcome="failed", error="refused")
    books.told(run)

    assert question(judge_run(run), "continuity").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("took_s", "second", "verdict"),
    [
        (3.86, 31.3, Verdict.INCONCLUSIVE),  # stale before, it seems; a run of today tells
        (3.86, 29.0, Verdict.PASS),
        (3.86, 31.9, Verdict.PASS),
        (0.30, 31.5, Verdict.PASS),
    ],
)
def test_a_run_without_looks_is_not_believed_where_a_change_took_long_and_the_cache_was_dropped(
    tmp_path: Path, took_s: float, second: float, verdict: Verdict
) -> None:
    story = checked_story()
    find(story, "revoked_token_refused").update(took_s=took_s)

    judgement = judged_with(story, tmp_path, (second, "user_delete", {}))

    assert question(judgement, "continuity").verdict is verdict
    if verdict is Verdict.INCONCLUSIVE:
        assert sentences(judgement, "continuity") == [
            "INCONCLUSIVE: In phase roll 1 check of what was made at node2 could not be decided at node1 "
            "(revoked_token_refused): it was honoured only 3.86 s after the change, just when a user_delete "
            "of the load (load/user_create/reused) dropped Keystone's cache of tokens; whether that healed "
            "it is not known, as the run does not tell what the looks before saw."
        ]


def test_a_cached_token_that_was_read_cold_shows_nothing_of_the_cache(tmp_path: Path) -> None:
    story = checked_story()
    cell = find(story, "token_validates")
    assert cell["cached"] is True
    cell["looks"] = {
        "prepared_ns": ns(31.5),
        "changed_ns": ns(31.55),
        "first_ns": ns(31.6),
        "first": "answered 200",
        "stale_ns": None,
        "ended_ns": ns(31.65),
    }

    (sentence,) = sentences(judged_with(story, tmp_path, (31.52, "user_delete", {})), "continuity")

    assert sentence.startswith("INCONCLUSIVE: In phase roll 1 check of what was made at node2 could not be ")
