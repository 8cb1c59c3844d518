from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from harness.evidence.names import Role
from harness.judge.model import Judgement, Verdict
from harness.report.junit import junit_xml
from tests.report import stories

SCHEMA = Path(__file__).parent / "junit.xsd"


def _parsed(judgement: Judgement) -> ElementTree.Element:
    return ElementTree.fromstring(junit_xml(judgement))  # noqa: S314 - written a moment before


def _results(judgement: Judgement) -> dict[str, str]:
    """`class/name` -> `passed`, `failure`, `error` or `skipped`."""
    root = _parsed(judgement)
    results = {}
    for case in root.iter("testcase"):
        told = [child.tag for child in case if child.tag != "system-out"]
        results[f"{case.get('classname')}/{case.get('name')}"] = told[0] if told else "passed"
    return results


def test_a_drained_run_has_a_passing_case_for_each_question_phase_and_lane() -> None:
    results = _results(stories.drained())

    assert set(results.values()) == {"passed"}
    assert {"run/verdict", "question/availability", "availability.roll/token_issue/new"} <= set(results)
    assert len(results) == 1 + 6 + 10 * 9


def test_an_undrained_run_fails_in_the_lanes_that_were_hurt_and_nowhere_else() -> None:
    results = _results(stories.undrained())

    assert results["run/verdict"] == "failure"
    assert results["question/availability"] == "failure"
    assert results["availability.roll/token_issue/new"] == "failure"
    assert results["availability.roll/token_issue/reused"] == "failure"  # unknown outcomes count as well
    assert results["availability.roll/user_create/reused"] == "passed"
    assert results["availability.expand/token_issue/new"] == "passed"
    assert results["question/procedure"] == "passed"


def test_an_advisory_question_never_breaks_the_gate() -> None:
    assert _results(stories.undrained())["question/impact"] == "skipped"


def test_inconclusive_is_an_error_because_a_gate_takes_skipped_for_good() -> None:
    results = _results(stories.killed())

    assert results["run/verdict"] == "error"
    assert results["question/continuity"] == "error"


def test_a_run_without_questions_is_not_a_green_one() -> None:
    crashed = replace(stories.killed(), questions=(), lanes=())

    assert _results(crashed) == {"run/verdict": "error"}


def test_an_accepted_finding_lets_its_lane_pass_and_keeps_the_reason() -> None:
    story = stories.undrained()
    availability = next(q for q in story.questions if q.name == "availability")
    accepted = replace(
        availability,
        verdict=Verdict.PASS,
        findings=tuple(replace(f, accepted="Known and announced.") for f in availability.findings),
    )

    judgement = replace(story, questions=(accepted,), verdict=Verdict.PASS)

    assert _results(judgement)["availability.roll/token_issue/new"] == "passed"
    assert b"Accepted: Known and announced." in junit_xml(judgement)


def test_a_reference_target_that_stutters_is_no_failure_of_keystone() -> None:
    story = stories.drained()
    first = replace(story.lanes[0], role=Role.REFERENCE, failed=2)

    results = _results(replace(story, lanes=(first,)))

    assert results["availability.baseline/token_issue/new"] == "error"


def test_a_lane_in_which_nothing_was_due_is_skipped_and_one_not_sent_is_an_error() -> None:
    story = stories.drained()
    idle = replace(story.lanes[0], requests=0)
    starved = replace(story.lanes[1], unsent=4)

    results = _results(replace(story, lanes=(idle, starved)))

    assert results["availability.baseline/token_issue/new"] == "skipped"
    assert results["availability.baseline/token_issue/reused"] == "error"


def test_totals_agree_with_the_cases() -> None:
    root = _parsed(stories.undrained())
    cases = list(root.iter("testcase"))

    for holder in (root, root[0]):
        assert holder.get("tests") == str(len(cases))
        assert holder.get("failures") == str(sum(case.find("failure") is not None for case in cases))
        assert holder.get("errors") == "0"
    assert root[0].get("skipped") == str(sum(case.find("skipped") is not None for case in cases))


def test_control_characters_and_markup_of_a_server_leave_valid_xml() -> None:
    hostile = "\x00\x08\x1b[31m <b>]]></failure> \ud800"
    story = stories.undrained()
    questions = tuple(
        replace(q, findings=tuple(replace(f, sentence=hostile) for f in q.findings)) for q in story.questions
    )

    root = _parsed(replace(story, questions=questions, headline=hostile))

    assert "<b>]]></failure>" in str(root.find(".//failure").get("message"))  # type: ignore[union-attr]


def _hostile() -> Judgement:
    story = stories.undrained()
    first = replace(story.questions[2].findings[1], sentence="\x00 <b>]]></failure> \ud800", lane="<&>")
    procedure = replace(story.questions[0], verdict=Verdict.FAIL, findings=(first,))
    return replace(story, questions=(procedure, *story.questions[1:]))


@pytest.mark.parametrize(
    "story", [stories.drained, stories.undrained, stories.killed, stories.gated, _hostile]
)
def test_every_story_is_valid_by_the_schema_that_ci_systems_read(story: Callable[[], Judgement]) -> None:
    xmlschema.XMLSchema(SCHEMA).validate(io.BytesIO(junit_xml(story())))


def test_the_schema_refuses_what_ci_systems_would_not_read() -> None:
    """The check can fail: no unknown attribute, no case twice, no result without a message."""
    schema = xmlschema.XMLSchema(SCHEMA)
    good = junit_xml(stories.undrained()).decode()

    assert schema.is_valid(io.BytesIO(good.encode()))
    for old, new in (
        ("<testsuites ", '<testsuites skipped="1" '),
        ('name="coverage"', 'name="procedure"'),
        ('<failure message="', '<failure text="'),
    ):
        assert old in good
        assert not schema.is_valid(io.BytesIO(good.replace(old, new, 1).encode())), new


def test_a_finding_of_another_question_has_a_case_for_its_phase_and_lane() -> None:
    results = _results(_hostile())

    assert results["procedure.roll/<&>"] == "failure"
    assert results["impact.roll/all lanes"] == "skipped"
    assert not [name for name in results if name.startswith("integrity.")]


def test_what_the_gate_lets_through_passes_and_says_why_in_the_suite_and_in_the_case() -> None:
    root = _parsed(stories.gated())
    results = _results(stories.gated())

    assert {name for name, result in results.items() if result in ("failure", "error")} == set()
    told = next(case for case in root.iter("testcase") if case.get("name") == "verdict").findtext(
        "system-out"
    )
    assert told is not None
    assert told.splitlines()[1:] == [
        "Accepted: 3 findings of availability (step stop) until 2026-12-31: The server cuts what it has not "
        "accepted. https://bugs.launchpad.net/keystone/+bug/1",
        "Budgets: availability in phase roll 1 of 3 failed requests",
        "Gate: The acceptance of impact (phase expand; https://example.org/2) lapsed on 2026-01-31; remove "
        "it, or decide anew.",
    ]
    properties = {each.get("name"): each.get("value") for each in root.iter("property")}
    assert properties["gate.1"] == told.splitlines()[1]
