from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from harness.judge.model import Judgement
from harness.report import print_summary, summary_lines
from harness.report.summary import summary_markdown
from harness.report.views import key_figures
from harness.report.views.key_figures import KEY_FIGURES, KeyFigure
from tests.report import stories

STORIES = (stories.drained, stories.undrained, stories.killed)


@pytest.mark.parametrize("story", STORIES)
def test_a_summary_has_ten_lines_on_paper_and_on_the_terminal(story: Callable[[], Judgement]) -> None:
    judgement = story()
    screen = io.StringIO()

    print_summary(judgement, Console(file=screen, width=5_000))

    assert len(summary_lines(judgement)) == 10
    assert len(summary_markdown(judgement).splitlines()) == 10
    printed = screen.getvalue().splitlines()
    assert [line.lstrip("✔✘? ") for line in printed] == summary_lines(judgement)


def test_the_undrained_summary_tells_what_a_reviewer_needs() -> None:
    lines = summary_lines(stories.undrained())

    assert (
        lines[0]
        == "FAIL: There was downtime: 3 outages, 4.2 s in all, while Keystone went from 27.1.0 to 29.1.0."
    )
    assert lines[1].startswith("Run: Keystone 27.1.0 (2025.1) → 29.1.0 (2026.1), 3 nodes, not drained")
    assert lines[2] == (
        "Requests: 19 of 2,152 failed, 3 of them may have been carried out, "
        "95 % upper bound on the error rate of user_create/new alone, the least known lane, 8 %"
    )
    assert lines[3] == (
        "Disruptions: 3, at least 3.6 s and at most 4.2 s in all, 25% of what was due meanwhile failed; "
        "never down; the longest 1.5 s: The harness was stopping node1 (27.1.0) without having drained it."
    )
    assert lines[5] == (
        "Could have gone unseen: an outage of everything under 0.16 s, "
        "of the least dense lane alone under 1.1 s"
    )
    assert "availability FAIL" in lines[6]
    assert "impact FAIL (advisory)" in lines[6]


def test_words_of_a_server_are_inert_in_markdown_and_on_the_terminal() -> None:
    hostile = "[click](http://x) <img src=x> *b* `c`\n# head\x1b[31m [red]"
    judgement = replace(stories.undrained(), headline=hostile)
    screen = io.StringIO()

    print_summary(judgement, Console(file=screen, width=5_000))
    markdown = summary_markdown(judgement).splitlines()[0]

    assert "[red]" in screen.getvalue()
    assert "\x1b" not in screen.getvalue()
    assert "<img" not in markdown
    assert "\\[click\\](http://x)" in markdown
    assert "\\*b\\* \\`c\\` # head" in markdown


def test_a_run_without_probes_could_have_missed_anything() -> None:
    blind = replace(
        stories.killed(),
        minimum_detectable_outage_s=None,
        detectable_whole_outage_s=None,
        lanes=(),
        stalls=(),
    )

    lines = summary_lines(blind)

    assert lines[4] == "Longest time without a success: not known"
    assert lines[5] == "Could have gone unseen: anything, as there are no probes"


def test_what_the_gate_let_through_has_lines_of_its_own_on_paper_and_on_the_terminal() -> None:
    judgement = stories.gated()
    screen = io.StringIO()

    print_summary(judgement, Console(file=screen, width=5_000))

    assert summary_markdown(judgement).splitlines()[8:11] == [
        "**Accepted**: 3 findings of availability (step stop) until 2026-12-31: The server cuts what it has "
        "not accepted. https://bugs.launchpad.net/keystone/+bug/1  ",
        "**Budgets**: availability in phase roll 1 of 3 failed requests  ",
        "**Gate**: The acceptance of impact (phase expand; https://example.org/2) lapsed on 2026-01-31; "
        "remove it, or decide anew.  ",
    ]
    assert "availability PASS (4 let through)" in summary_lines(judgement)[6]
    assert (
        "Accepted: 3 findings of availability (step stop) until 2026-12-31: The server" in screen.getvalue()
    )


def test_a_figure_that_is_new_at_the_top_of_the_page_is_a_line_of_the_summary_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def roll(judgement: Judgement) -> KeyFigure:
        return KeyFigure("Time of the roll", f"{len(judgement.manifest.nodes)} min", "a minute a node")

    monkeypatch.setattr(key_figures, "KEY_FIGURES", (*KEY_FIGURES, roll))
    judgement, screen = stories.undrained(), io.StringIO()

    print_summary(judgement, Console(file=screen, width=5_000))

    assert summary_lines(judgement)[6] == "Time of the roll: 3 min, a minute a node"
    assert "Time of the roll: 3 min, a minute a node" in screen.getvalue()
    assert "**Time of the roll**: 3 min, a minute a node  " in summary_markdown(judgement).splitlines()
