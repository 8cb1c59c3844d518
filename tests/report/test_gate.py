from __future__ import annotations

from dataclasses import replace

from harness.judge.model import Judgement
from harness.report.page import render_page
from tests.report import stories


def _page(judgement: Judgement) -> str:
    return render_page(judgement, ())


def test_the_page_shows_each_acceptance_with_its_reason_link_and_date() -> None:
    page = _page(stories.gated())

    assert '<a href="#gate">Gate</a>' in page
    assert (
        '<th scope="row">Availability</th><td class="short">step stop</td><td class="long">The server cuts '
        'what it has not accepted. <a href="https://bugs.launchpad.net/keystone/+bug/1" '
        'rel="noopener noreferrer">https://bugs.launchpad.net/keystone/+bug/1</a></td>'
        '<td class="short">2026-12-31</td><td class="short">3 findings, not counted</td>'
    ) in page
    assert "lapsed; 0 findings, counted" in page
    assert "lapsed on 2026-01-31; remove it, or decide anew." in page


def test_the_page_says_beside_each_finding_that_it_is_accepted() -> None:
    assert (
        "Accepted: The server cuts what it has not accepted (https://bugs.launchpad.net/keystone/+bug/1), "
        "until 2026-12-31"
    ) in _page(stories.gated())


def test_a_run_without_a_gate_has_no_such_section() -> None:
    assert 'id="gate"' not in _page(stories.undrained())


def test_markup_in_a_reason_is_shown_as_text() -> None:
    story = stories.gated()
    first, *rest = story.gate.acceptances
    hostile = replace(first, reason="<img src=x onerror=alert(1)>", link='https://x/"onclick="y')

    page = _page(replace(story, gate=replace(story.gate, acceptances=(hostile, *rest))))

    assert "<img src=x" not in page
    assert '"onclick="' not in page


def test_a_question_that_passes_by_the_gate_says_so_and_its_findings_are_open() -> None:
    page = _page(stories.gated())

    assert '<span class="advisory">4 let through</span>' in page
    assert '<details data-question="availability" open>' in page
    assert '<details data-question="procedure">' in page
