"""A page of HTML as a browser would see it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from harness.evidence.rundir import RunDirectory
from harness.judge.model import Judgement
from harness.report import write_report
from harness.report.page import render_page


class Page(HTMLParser):
    """Text, tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_style = tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def text_page(judgement: Judgement) -> Page:
    """The page of a judged run without its pictures, of which each takes a second to draw."""
    return Page(render_page(judgement, ()))


def report_page(judgement: Judgement, path: Path) -> Page:
    """Write the reports of a judged run there, and read its page."""
    write_report(judgement, RunDirectory(path))
    return Page((path / "report.html").read_text())
