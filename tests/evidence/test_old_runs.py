"""Runs that an earlier program made come out as that program judged them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.evidence.rundir import open_run_directory
from harness.evidence.verdict_file import VerdictFile, read_verdict_file, write_verdict_file
from harness.judge.verdict import judge_run
from harness.judge.verdict_file import verdict_bytes

RUNS = Path(__file__).parent / "runs"
NAMES = ("drained", "undrained", "crashed")
_WORDS = {"drained": "PASS", "undrained": "FAIL", "crashed": "INCONCLUSIVE"}


_SAID_SINCE = (
    (" of probes fail (rule of three", " of all probes together fail (rule of three"),
    (
        "; an outage of one operation longer than 1.01 s would have been seen",
        "; failures of one operation for longer than 1.01 s, or silence towards everybody for longer than "
        "3.00 s, would have been seen",
    ),
    (
        "; an outage of one operation longer than 1.01 s, or of all longer than 0.34 s, would have been seen",
        "; failures of one operation for longer than 1.01 s, or of all for longer than 0.34 s, and silence "
        "towards everybody for longer than 3.00 s would have been seen",
    ),
    (
        "Downtime: 7 of 280 requests failed in 2 outages, the longest 2.7 s, all while nodes were stopped.",
        "Disrupted twice, at most 4.3 s in all, the longest 2.3 s: 7 of 280 requests failed, "
        "54% of those due meanwhile; never down; all while nodes were stopped.",
    ),
    (
        "An outage of 2.67 s (each edge uncertain by 1.00 s) began 69.95 s into the run: 4 "
        "requests failed (3 http_5xx and 1 closed) in client/project_list/reused, "
        "token_issue/new and user_create/new; node-1 was stopped (roll, undrained) while it "
        "served release 27.1.0.",
        "Disrupted from 69.62 s into the run, for at least 1.67 s and at most 2.33 s: 4 of 7 "
        "requests failed (3 http_5xx and 1 closed) in client/project_list/reused, "
        "token_issue/new and user_create/new; node-1 was stopped (roll, undrained) while it "
        "served release 27.1.0.",
    ),
    (
        "An outage of 2.00 s (each edge uncertain by 1.00 s) began 80.28 s into the run: 3 "
        "requests failed (2 closed and 1 http_5xx) in token_issue/new and token_issue/reused; "
        "node-2 was stopped (roll, undrained) while it served release 27.1.0.",
        "Disrupted from 79.95 s into the run, for at least 1.00 s and at most 2.00 s: 3 of 6 "
        "requests failed (2 closed and 1 http_5xx) in token_issue/new and token_issue/reused; "
        "node-2 was stopped (roll, undrained) while it served release 27.1.0.",
    ),
)
"""What the old program said of these runs, and how the same is put today."""


_BOUNDED_SINCE = re.compile(
    r"/downtime/(charged_s|longest_s)"
    r"|/questions/availability/findings/\d+/(start_ns|end_ns|uncertainty_ns)"
)
"""An outage went from the first request that failed to the next success of the slowest lane; a disruption
has an inner and an outer bound."""


def _judged_then(name: str) -> dict[str, Any]:
    """`verdict.json` as the program wrote it that made the run."""
    told: dict[str, Any] = json.loads((RUNS / f"{name}.verdict.json").read_text(encoding="utf-8"))
    return told


def _judged_then_in_todays_words(name: str) -> dict[str, Any]:
    words = (RUNS / f"{name}.verdict.json").read_text(encoding="utf-8")
    for then, now in _SAID_SINCE:
        words = words.replace(then, now)
    told: dict[str, Any] = json.loads(words)
    return told


@pytest.fixture(scope="module")
def judged_now() -> dict[str, dict[str, Any]]:
    """Name -> what `verdict.json` says of it now."""
    return {name: json.loads(verdict_bytes(judge_run(open_run_directory(RUNS / name)))) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_run_of_format_1_gets_the_verdict_it_got_then(
    name: str, judged_now: dict[str, dict[str, Any]]
) -> None:
    now, then = judged_now[name], _judged_then_in_todays_words(name)
    assert now["verdict"] == then["verdict"] == _WORDS[name]
    assert now["exit_code"] == then["exit_code"]
    assert now["headline"] == then["headline"]


@pytest.mark.parametrize("name", NAMES)
def test_each_question_is_answered_as_it_was_then(name: str, judged_now: dict[str, dict[str, Any]]) -> None:
    now, then = judged_now[name]["questions"], _judged_then_in_todays_words(name)["questions"]
    assert {key: now[key]["verdict"] for key in then} == {key: then[key]["verdict"] for key in then}
    for key in then:
        assert _sentences(now[key]) == _sentences(then[key])


@pytest.mark.parametrize("name", NAMES)
def test_whatever_was_told_then_is_told_now(name: str, judged_now: dict[str, dict[str, Any]]) -> None:
    """What later programs add stands beside it."""
    then, now = _judged_then_in_todays_words(name), dict(judged_now[name])
    _leave_out_pings(then)
    # Later programs know more limits; those of then are all told, in their order.
    now["limits"] = [limit for limit in now["limits"] if limit in then["limits"]]
    assert _lost("", then, now) == []


@pytest.mark.parametrize("name", NAMES)
def test_of_what_it_can_not_show_only_its_want_of_a_seal_of_migrations_and_of_old_data_is_told_besides(
    name: str, judged_now: dict[str, dict[str, Any]]
) -> None:
    new = [limit for limit in judged_now[name]["limits"] if limit not in _judged_then(name)["limits"]]
    why = (
        "its harness died before it closed it" if name == "crashed" else "it is from before there were seals"
    )
    fresh = (
        "Only data that was made for the run was asked about: what an upgrade does to older data, such as "
        "passwords that earlier releases hashed, is not known."
    )
    migrated = [
        "Contract had nothing to migrate, so nothing was shown of it while requests went on.",
    ]
    assert new == [
        *([fresh] if name == "drained" else []),  # of the three, one was asked about continuity
        *(migrated if name != "crashed" else ()),  # it died before contract
        "The balancer's log is not among the run's files, so that no other program's word stands for the "
        "answers that the clients saw.",
        f"This run has no seal ({why}): what was taken out of its files or changed in them is noticed only "
        "where they contradict one another.",
    ]


def _leave_out_pings(then: dict[str, Any]) -> None:
    """Of a phase they were counted among its requests then; they have counts of their own now."""
    for phase in then["phases"].values():
        for lane in phase["lanes"].values():
            for key in ("requests", "failed", "unknown", "unsent"):
                phase[key] -= lane[key] if lane["role"] == "reference" else 0


def _sentences(question: dict[str, Any]) -> list[str]:
    return [finding["sentence"] for finding in question["findings"]]


def _lost(place: str, then: Any, now: Any) -> list[str]:
    """Where something that stood in the old document is missing or another in the new one."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [each for key in then for each in _lost(f"{place}/{key}", then[key], now.get(key))]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        pairs = enumerate(zip(then, now, strict=True))
        return [each for number, (old, new) in pairs for each in _lost(f"{place}/{number}", old, new)]
    return [] if then == now or _BOUNDED_SINCE.fullmatch(place) else [f"{place}: {then!r}, now {now!r}"]


@pytest.mark.parametrize("name", NAMES)
def test_what_was_told_then_is_written_again_in_the_same_bytes(name: str, tmp_path: Path) -> None:
    then = _judged_then(name)
    write_verdict_file(VerdictFile.told(then), tmp_path / "verdict.json")
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    assert (tmp_path / "verdict.json").read_bytes() == orjson.dumps(then, option=options)
    assert read_verdict_file(tmp_path / "verdict.json") == VerdictFile.told(then)
