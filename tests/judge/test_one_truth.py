"""What failed is measured once: headline, findings, budgets, figures and verdict.json say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.judge.history import make_history
from harness.judge.measures import outages
from harness.judge.model import Judgement, Verdict
from harness.judge.verdict import judge_run
from harness.judge.verdict_file import verdict_bytes
from tests.judge.story import ISSUE, LOAD, VALIDATE, Story, healthy, judged, ns, question, sentences

BUDGET = [{"question": "availability", "failed_max": 0, "outage_s_max": 0.01}]


def told(story: Story, path: Path) -> Judgement:
    """Judged under a budget and beside three sound runs."""
    story.scenario["gate"] = {"budgets": BUDGET}
    sound = [
        replace(healthy(), nth=number).write(path / "sound" / f"run{number}").path for number in range(3)
    ]
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

    assert judgement.headline.startswith("Disrupted once, at most 1.0 s in all: 1 of 312 requests failed")
    assert used(judgement) == {"failed_max": 1, "outage_s_max": 1.0}
    assert (figures_of(judgement)["failed"], figures_of(judgement)["outage_s"]) == (1, 1.0)
    downtime = judgement.downtime
    assert (downtime.charged, downtime.charged_s, downtime.failed_charged) == (1, 1.0, 1)
    assert [(o.lanes, o.charged, o.requests, o.duration_s) for o in judgement.downtime.outages] == [
        ((VALIDATE,), False, 1, 1.0),
        ((VALIDATE,), False, 48, 24.5),
        ((ISSUE,), True, 1, 1.0),
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


def test_disruptions_that_are_not_listed_count_in_headline_counts_and_verdict_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "OUTAGES_LISTED_MAX", 10)
    judgement = judged(flapping(), tmp_path)

    document = orjson.loads(verdict_bytes(judgement))
    assert judgement.headline.startswith("Disrupted 14 times, ")
    assert (judgement.downtime.total, judgement.downtime.charged) == (14, 14)
    assert (document["downtime"]["total"], document["downtime"]["charged"]) == (14, 14)
    assert len(judgement.downtime.outages) == 10
    assert judgement.downtime.failed_charged == judgement.counts.failed == 14
    assert sentences(judgement, "availability")[-1] == (
        "FAIL: Besides these there were 4 shorter disruptions; only the 10 longest are told one by one."
    )


def test_failures_of_every_second_request_are_one_disruption(tmp_path: Path) -> None:
    """A lane that takes an old and a fresh token by turns flickers when all old ones die."""
    story = healthy()
    rows = story.due(VALIDATE, 22, 42)
    for row in rows[::2]:
        row.update(outcome="failed", status=404, error="http_4xx")

    (outage,) = judged(story, tmp_path).downtime.outages
    assert (outage.requests, outage.due, outage.down) == (20, 119, False)
    assert (outage.first_due_ns, outage.last_due_ns) == (rows[0]["intended_ns"], rows[38]["intended_ns"])


def test_failures_that_lie_seconds_apart_are_disruptions_of_their_own(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 23.4, 23.6)
    story.fail(ISSUE, 26.4, 26.6)

    assert len(judged(story, tmp_path).downtime.outages) == 2


def test_the_service_is_down_where_nothing_succeeds_and_disrupted_where_something_does(
    tmp_path: Path,
) -> None:
    story = healthy()
    for lane in (ISSUE, VALIDATE, LOAD):
        story.fail(lane, 23.4, 26.1)
    story.fail(ISSUE, 33.4, 36.1)

    judgement = judged(story, tmp_path)
    down, disrupted = judgement.downtime.outages
    assert (down.down, down.requests, down.due) == (True, 16, 17)
    assert (disrupted.down, disrupted.requests, disrupted.due) == (False, 6, 20)
    assert sentences(judgement, "availability")[0].startswith(
        "FAIL: Down from 23.12 s into the run, for at least 2.50 s and at most 3.00 s: 16 of 17 requests "
        "failed"
    )
    assert judgement.headline == (
        "Disrupted twice, at most 6.5 s in all, the longest 3.5 s: 22 of 312 requests failed, 59% of those "
        "due meanwhile; once down, for 2.5 s at least; all while nodes were stopped."
    )


def test_a_request_that_waited_before_the_stop_makes_the_disruption_no_longer(tmp_path: Path) -> None:
    """Two wait on a slow node before it is stopped, at 23.1 s; it cuts them, and one that came after."""
    story = healthy(drained=False)
    story.fail(ISSUE, 21.9, 23.1, status=0, error="reset", end_ns=ns(24.2))
    story.fail(ISSUE, 23.9, 24.1, status=0, error="reset", end_ns=ns(24.2))

    (outage,) = judged(story, tmp_path).downtime.outages
    assert (outage.first_due_ns, outage.inner_start_ns, outage.inner_end_ns) == (ns(22.0), ns(23.1), ns(24.0))
    assert (outage.start_ns, outage.end_ns) == (ns(21.5), ns(24.5))


def test_requests_that_a_stop_left_hanging_until_it_cut_them_were_hurt_all_the_while(tmp_path: Path) -> None:
    """A node that is asked to finish accepts no more at once, and ends two seconds later: whoever was sent to
    it meanwhile waits, and is cut with all others. The disruption is no instant.
    """
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 25.1, status=502, end_ns=ns(25.3))

    (outage,) = judged(story, tmp_path).downtime.outages
    assert (outage.inner_start_ns, outage.inner_end_ns) == (ns(23.5), ns(25.0))
    assert (outage.down, outage.inner_s) == (False, 1.5)


def test_a_failure_of_the_load_lies_within_the_bounds_as_well(tmp_path: Path) -> None:
    """Lanes without a schedule do not decide which success bounds it, but they were hurt."""
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 23.6)
    story.fail(LOAD, 23.2, 24.3)

    (outage,) = judged(story, tmp_path).downtime.outages
    assert outage.first_due_ns == outage.inner_start_ns < ns(23.5)
    assert outage.start_ns <= outage.inner_start_ns
    assert ns(23.5) < outage.last_due_ns == outage.inner_end_ns <= outage.end_ns


def test_the_densest_lane_that_was_hit_decides_how_long_it_lasted_at_most(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 23.4, 24.1)
    story.fail(VALIDATE, 23.6, 23.7)

    (outage,) = judged(story, tmp_path).downtime.outages
    assert (outage.start_ns, outage.end_ns) == (ns(23.125), ns(24.125))


def flapping() -> Story:
    """The load's lane fails once in three seconds, fourteen times."""
    story = healthy()
    for row in [row for row in story.records[LOAD] if row["intended_ns"] >= ns(12)][::6]:
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
    assert f"at most {judgement.downtime.charged_s:.1f} s in all" in judgement.headline


def test_an_accepted_excuse_takes_no_charged_failure_of_its_time_from_the_budget(tmp_path: Path) -> None:
    story = healthy()
    story.reference()
    story.fail(VALIDATE, 5, 5.4)
    story.fail(VALIDATE, 22, 46)
    story.fail(ISSUE, 30, 30.4)
    story.scenario["gate"] = {"accepted": [_excused()], "budgets": BUDGET}

    judgement = judged(story, tmp_path)

    assert used(judgement) == {"failed_max": 1, "outage_s_max": 1.0}


def _excused() -> dict[str, Any]:
    return {
        "question": "availability",
        "inconclusive": True,
        "pattern": "Disrupted",
        "reason": "Known.",
        "link": "https://bugs.launchpad.net/keystone/+bug/1",
        "until": "2026-12-31",
    }
