"""What failed is measured once: headline, findings, budgets, figures and verdict.json say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.judge.history import make_history
from harness.judge.model import Judgement, Verdict
from harness.judge.verdict import judge_run
from harness.judge.verdict_file import verdict_bytes
from tests.judge.story import ISSUE, LOAD, VALIDATE, Story, healthy, judged, ns, question, sentences

BUDGET = [{"question": "availability", "failed_max": 0, "outage_s_max": 0.01}]


def told(story: Story, path: Path) -> Judgement:
    """Judged under a budget and beside three sound runs."""
    story.scenario["gate"] = {"budgets": BUDGET}
    sound = [healthy().write(path / "sound" / f"run{number}").path for number in range(3)]
    return judge_run(story.write(path / "now"), history=make_history(sound))


def used(judgement: Judgement) -> dict[str, float]:
    return {use.measure: use.used for use in judgement.gate.budgets}


def figures_of(judgement: Judgement) -> dict[str, float]:
    return {change.measure: change.value for change in judgement.regressions if change.lane is None}


def test_a_broken_lane_beside_a_sound_one_that_fails_once_is_charged_with_that_once_everywhere(
    tmp_path: Path,
) -> None:
    story = healthy()
    story.fail(VALIDATE, 5, 5.4)
    assert story.fail(VALIDATE, 22, 46) == 48
    assert story.fail(ISSUE, 30, 30.4) == 1

    judgement = told(story, tmp_path)

    assert judgement.headline.startswith("Downtime: 1 of 312 requests failed in 1 outage, the longest 0.5 s")
    assert used(judgement) == {"failed_max": 1, "outage_s_max": 0.5}
    assert (figures_of(judgement)["failed"], figures_of(judgement)["outage_s"]) == (1, 0.5)
    downtime = judgement.downtime
    assert (downtime.charged, downtime.charged_s, downtime.failed_charged) == (1, 0.5, 1)
    assert [(o.lanes, o.charged, o.requests, o.duration_s) for o in judgement.downtime.outages] == [
        ((VALIDATE,), False, 1, 0.5),
        ((VALIDATE,), False, 48, 24.0),
        ((ISSUE,), True, 1, 0.5),
    ]


def test_what_is_excused_beside_what_is_charged_is_told_by_a_finding_of_its_own(tmp_path: Path) -> None:
    story = healthy()
    story.fail(VALIDATE, 5, 5.4)
    story.fail(VALIDATE, 22, 46)
    story.fail(ISSUE, 30, 30.4)

    judgement = judged(story, tmp_path)

    verdicts = [(f.verdict, f.lane) for f in question(judgement, "availability").findings]
    assert verdicts == [
        (Verdict.INCONCLUSIVE, VALIDATE),
        (Verdict.INCONCLUSIVE, VALIDATE),
        (Verdict.FAIL, ISSUE),
        (Verdict.INCONCLUSIVE, None),
    ]


def test_504_outages_are_504_in_headline_counts_and_verdict_file(tmp_path: Path) -> None:
    judgement = judged(flapping(), tmp_path)

    document = orjson.loads(verdict_bytes(judgement))
    assert "in 504 outages" in judgement.headline
    assert (judgement.downtime.total, judgement.downtime.charged) == (504, 504)
    assert (document["downtime"]["total"], document["downtime"]["charged"]) == (504, 504)
    assert len(judgement.downtime.outages) == 500
    assert judgement.downtime.failed_charged == judgement.counts.failed == 504


def flapping() -> Story:
    """The load's lane fails at every second request, 504 times."""
    story = healthy()
    rows = story.records[LOAD]
    copies = [dict(row, intended_ns=row["intended_ns"] + k * 10_000_000) for row in rows for k in range(12)]
    story.records[LOAD] = copies
    for row in copies:
        row["start_ns"] = row["end_ns"] = row["intended_ns"]
    for row in copies[60::2]:
        if row["intended_ns"] >= ns(12):
            row.update(outcome="failed", error="http_5xx", status=502)
    return story


def test_an_outage_that_goes_on_past_the_last_phase_is_as_long_for_the_budget_as_for_the_headline(
    tmp_path: Path,
) -> None:
    story = healthy()
    story.fail(ISSUE, 52, 54.4)

    judgement = told(story, tmp_path)

    assert judgement.downtime.charged_s > 2.0
    assert used(judgement)["outage_s_max"] == pytest.approx(judgement.downtime.charged_s)
    assert figures_of(judgement)["outage_s"] == pytest.approx(judgement.downtime.charged_s)
    assert f"the longest {judgement.downtime.charged_s:.1f} s" in judgement.headline


def test_an_accepted_excuse_takes_no_charged_failure_of_its_time_from_the_budget(tmp_path: Path) -> None:
    story = healthy()
    story.reference()
    story.fail(VALIDATE, 5, 5.4)
    story.fail(VALIDATE, 22, 46)
    story.fail(ISSUE, 30, 30.4)
    story.scenario["gate"] = {"accepted": [_excused()], "budgets": BUDGET}

    judgement = judged(story, tmp_path)

    assert used(judgement) == {"failed_max": 1, "outage_s_max": 0.5}


def _excused() -> dict[str, Any]:
    return {
        "question": "availability",
        "inconclusive": True,
        "pattern": "outage",
        "reason": "Known.",
        "link": "https://bugs.launchpad.net/keystone/+bug/1",
        "until": "2026-12-31",
    }


def test_the_sentence_about_shorter_outages_counts_what_is_charged_and_what_is_not(tmp_path: Path) -> None:
    assert sentences(judged(flapping(), tmp_path), "availability")[-1] == (
        "FAIL: Besides these there were 4 shorter outages; only the 500 longest are told one by one."
    )
