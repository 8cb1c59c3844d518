"""What a report shows of requests, read off its files as a reader would."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.evidence.rundir import RunDirectory

_PHASE = re.compile(r'<details data-phase="([^"]*)"[^>]*>(.*?)</details>', re.DOTALL)
_SUMMARY = "<summary>(.*?)</summary>"
_LANES = re.compile(r'<tr[^>]* data-lane="([^"]*)"[^>]*>(.*?)</tr>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ShownCounts:
    """A pair `failed of requests` somewhere in a report."""

    where: str
    phase: str | None
    """None: of the whole run."""
    failed: int
    requests: int


def page_text(run: RunDirectory) -> str:
    """The page as a browser would show it, in one line."""
    return _text(_page(run))


def shown_counts(run: RunDirectory) -> list[ShownCounts]:
    """Every pair `failed of requests`: of the page's head, its phases, its summary, its XML for a gate."""
    page = _page(run)
    return [
        *_pairs("headline", None, _first(r"<h1>(.*?)</h1>", page)),
        *_pairs("key figure", None, _first(r"<dt>Failed requests</dt><dd[^>]*>(.*?)</dd>", page)),
        *(
            pair
            for phase, part in _PHASE.findall(page)
            if "left out" not in part
            for pair in _pairs("phase", None if phase == "whole run" else phase, _first(_SUMMARY, part))
        ),
        *_pairs("summary", None, _first(r"\*\*Requests\*\*: ([^*]*)", run.summary.read_text())),
        *_pairs("junit", None, _first(r'name="verdict">\s*<\w+ message="([^"]*)"', run.junit.read_text())),
    ]


def lane_rows(run: RunDirectory, phase: str) -> list[tuple[str, int]]:
    """Lane and requests of each row of a phase's table."""
    part = next(part for name, part in _PHASE.findall(_page(run)) if name == phase)
    return [
        (html.unescape(lane), _number(re.findall(r"<td[^>]*>(.*?)</td>", row)[1]))
        for lane, row in _LANES.findall(part)
    ]


def _pairs(where: str, phase: str | None, told: str) -> Iterator[ShownCounts]:
    found = re.findall(r"([\d,]+) of ([\d,]+)", _text(told))
    assert found, (where, told)
    for failed, requests in found:
        yield ShownCounts(where, phase, _number(failed), _number(requests))


def _page(run: RunDirectory) -> str:
    source = run.report.read_text()
    return re.sub(r"<(script|style)\b.*?</\1>", "", source, flags=re.DOTALL)


def _first(pattern: str, source: str) -> str:
    found = re.search(pattern, source, re.DOTALL)
    assert found is not None, pattern
    return found[1]


def _text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def _number(words: str) -> int:
    return int(words.replace(",", ""))
