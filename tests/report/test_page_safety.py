from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.evidence.rundir import RunDirectory
from harness.judge.model import Judgement
from harness.report import write_report
from tests.report import stories
from tests.report.html_page import Page

HOSTILE = "</script><script>alert(1)</script><svg onload=alert(2)>$\\frac{a}{0}$\x00\x1b[31m]]>&amp;"


def test_the_page_loads_nothing_from_anywhere(undrained: Page, run: Path) -> None:
    for tag, attributes in undrained.tags:
        assert tag not in {"link", "iframe", "object", "embed", "img", "base"}
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
    source = (run / "report.html").read_text()
    assert "@import" not in source
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)", source))


def test_the_page_may_run_its_own_script_and_nothing_else(run: Path) -> None:
    source = (run / "report.html").read_text()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    scripts = re.findall(r"<script>(.*?)</script>", source, re.DOTALL)

    assert policy is not None
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert html.unescape(policy[1]) == (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run full of hostile text, with its reports."""
    path = tmp_path_factory.mktemp("poisoned")
    write_report(_poisoned(stories.undrained()), RunDirectory(path))
    return path


def test_hostile_text_of_a_server_is_shown_as_text_everywhere(undrained: Page, poisoned: Path) -> None:
    page = Page((poisoned / "report.html").read_text())

    assert {tag for tag, _ in page.tags} == {tag for tag, _ in undrained.tags}
    assert page.text.count("<script>alert(1)</script>") > 10
    assert not any("onload" in attributes for _, attributes in page.tags)
    assert "\x00" not in "".join(page.words)
    assert "\x1b" not in "".join(page.words)


def _poisoned(story: Judgement) -> Judgement:
    """The same run, with hostile text wherever a name or a message of a stranger can stand."""
    failures = story.series.failures.assign(lane=HOSTILE, error=HOSTILE, detail=HOSTILE, node=HOSTILE)
    return replace(
        story,
        headline=HOSTILE,
        downtime=stories.downtime_of(
            tuple(
                replace(
                    o,
                    cause=HOSTILE,
                    examples=(HOSTILE,),
                    lanes=(HOSTILE,),
                    errors=((HOSTILE, 1),),
                    node=HOSTILE,
                )
                for o in story.downtime.outages
            )
        ),
        questions=tuple(
            replace(q, findings=tuple(replace(f, sentence=HOSTILE, lane=HOSTILE) for f in q.findings))
            for q in story.questions
        ),
        timeline=replace(
            story.timeline,
            steps=tuple(replace(s, detail={**s.detail, "reason": HOSTILE}) for s in story.timeline.steps),
            nodes=tuple(replace(s, release=HOSTILE) for s in story.timeline.nodes),
        ),
        series=replace(
            story.series,
            failures=failures,
            rate=story.series.rate.assign(release=HOSTILE),
        ),
        limits=(HOSTILE,),
    )


def test_hostile_text_leaves_every_chart_a_valid_picture(poisoned: Path) -> None:
    from xml.etree import ElementTree

    charts = sorted((poisoned / "charts").glob("*.svg"))
    assert len(charts) == 2
    for chart in charts:
        root = ElementTree.parse(chart).getroot()  # noqa: S314 - written a moment before
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
            *(
                "svg",
                "title",
                "desc",
                "style",
                "defs",
                "g",
                "path",
                "use",
                "text",
                "tspan",
                "clipPath",
                "rect",
            ),
            "pattern",
        }


def test_reports_are_readable_by_their_owner_only(run: Path) -> None:
    modes = {file.name: file.stat().st_mode & 0o777 for file in run.rglob("*")}

    assert modes.pop("charts") == 0o700
    assert set(modes.values()) == {0o600}
