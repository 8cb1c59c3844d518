"""The page, the note and the file say what the runs say, and nothing that a run's files smuggle in."""

from __future__ import annotations

import json
import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from harness.compare.answer import answer
from harness.compare.comparison import ArmsComparison
from harness.compare.notes import notes
from harness.compare.pictures import timelines
from harness.compare.stored import compare_stored
from harness.compare.write import write_comparison
from tests.compare.runs import DRAINED, UNDRAINED, draining, run, series
from tests.judge.cells import checked_story
from tests.judge.story import ISSUE, VALIDATE, healthy, ns

SHORT, LONG, LONGER = (23.0, 24.0), (23.0, 25.0), (33.0, 36.0)
HOSTILE = "</script><script>alert(1)</script><svg onload=alert(2)>"


class _Page(HTMLParser):
    """Text and tags as a browser would see them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.html = path.read_text(encoding="utf-8")
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._in_style = False
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> ArmsComparison:
    """4 + 4 runs, judged once."""
    folder = tmp_path_factory.mktemp("reports")
    return draining(folder, [[SHORT], [LONG], [LONGER], [LONG]], [[], [], [], []])


@pytest.fixture(scope="module")
def written(comparison: ArmsComparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder, drawn once."""
    folder = tmp_path_factory.mktemp("compare")
    write_comparison(comparison, folder)
    return folder


def test_the_page_answers_first_and_names_both_arms(comparison: ArmsComparison, written: Path) -> None:
    page = _Page(written / "compare.html")

    assert f"Is draining worth it here? {answer(comparison).sentence}" in page.text
    assert (
        "undrained, 4 runs 2.0 s of disruption on average, 4 failed requests roll.drained = false"
        in page.text
    )
    assert "drained, 4 runs 0 s of disruption on average, 0 failed requests roll.drained = true" in page.text


def test_every_figure_has_dots_means_differences_and_its_test(written: Path) -> None:
    page = _Page(written / "compare.html")
    figures = [attrs["data-figure"] for tag, attrs in page.tags if tag == "figure" and "data-figure" in attrs]

    assert figures == [
        "outage_s", "failed", "longest_outage_s", "longest_stall_s", "retried", "redispatched", "refused",
        "roll_latency_ms_p50", "roll_latency_ms_p99", "roll_s",
    ]  # fmt: skip
    # 1, 2, 2 and 3 s: the mean with 3.2 standard errors to each side.
    assert "Disruption decides" in page.text
    assert "undrained 2.0 s (0.70 s to 3.3 s) drained 0 s (all runs alike)" in page.text
    minus = "\N{MINUS SIGN}"
    assert f"against undrained: {minus}2.0 s (from {minus}3.3 s to {minus}0.70 s), p = 0.029" in page.text
    assert f"against undrained: {minus}4 (from {minus}6.6 to {minus}1.4)" in page.text


def test_no_card_but_the_one_that_decides_has_a_p_value(written: Path) -> None:
    page = _Page(written / "compare.html")
    cards = page.text.partition("A typical run of each arm")[0].rpartition("Disruption decides")[2]

    assert cards.count("p = ") == 1
    assert "no test" not in cards
    rows = (written / "summary.md").read_text(encoding="utf-8").splitlines()[6:16]
    assert [row.endswith("| \N{EM DASH} |") for row in rows] == [False] + [True] * 9


def test_what_no_run_has_evidence_for_is_a_dash_and_no_zero(written: Path) -> None:
    document = json.loads((written / "compare.json").read_text())
    retried = next(each for each in document["figures"] if each["key"] == "retried")

    assert retried["arms"] == {"undrained": None, "drained": None}
    assert retried["against_first"] == {"drained": None}
    assert "| Retried | \N{EM DASH} | \N{EM DASH} | \N{EM DASH} | \N{EM DASH} |" in (
        written / "summary.md"
    ).read_text(encoding="utf-8")


def test_the_page_says_how_little_so_few_runs_can_prove(written: Path) -> None:
    text = _Page(written / "compare.html").text

    assert (
        "With 4 + 4 runs (drained and undrained) the permutation test can not go below p = 0.029, "
        "however different the arms are. Here p = 0.05 or less is called a difference."
    ) in text
    assert (
        "0 of 4 drained runs had a failed request: with 95 % confidence, up to 53 % of all such runs "
        "may have one"
    ) in text
    assert "not run in turn" not in text
    assert (
        "All runs have the seed, the release pair, the load and the size of the machine in common: "
        "with another the answer may be another."
    ) in text


def test_baselines_that_are_not_alike_say_that_the_machine_was_not_the_same(tmp_path: Path) -> None:
    slow, calm = healthy(drained=False), healthy()
    for lane in (ISSUE, VALIDATE):
        slow.slow(lane, 2.0, 12.0, by_s=0.020)
    runs = [run(tmp_path / "u" / "0", 0, story=slow, **UNDRAINED)]
    runs.append(run(tmp_path / "d" / "0", 1, story=calm, **DRAINED))
    told = (
        "The baselines are not alike: the median answer took 20 ms in drained and 40 ms in undrained, before "
        "anything was upgraded. Unless it is the setting that does this, the machine was not the same, and "
        "no figure of this page can be laid to the arms alone."
    )

    assert told in notes(compare_stored(runs))
    assert not [note for note in notes(draining(tmp_path / "alike", [[]], [[]])) if "baselines" in note]


def test_what_the_arms_are_compared_by_is_not_said_to_be_the_same(tmp_path: Path) -> None:
    runs = [run(tmp_path / str(seed) / "0", seed, name=f"seed-{seed}", seed=seed) for seed in (1, 2)]

    assert notes(compare_stored(runs))[-1] == (
        "All runs have the release pair, the load and the size of the machine in common: "
        "with another the answer may be another."
    )


def test_another_load_is_not_said_to_be_the_same_whichever_key_of_it_differs(tmp_path: Path) -> None:
    runs = series(
        tmp_path, *(({"name": f"pace-{pace}", "load": {"pace_s": pace}}, [[]]) for pace in (1.0, 2.0))
    )

    assert notes(compare_stored(runs))[-1].startswith(
        "All runs have the seed, the release pair and the size of the machine in common: "
    )


def test_what_went_wrong_in_a_run_beside_its_outages_is_told_continuity_as_well(tmp_path: Path) -> None:
    stale = checked_story()
    assert stale.cells is not None
    stale.cells[0] |= {"outcome": "broken", "detail": "the token is unknown there"}
    stale.scenario = {"continuity": {"enabled": True}}
    calm = {
        "name": "calm",
        "roll": {"drained": True},
        "continuity": {"enabled": True},
        "balancer": {"retries": 0},
    }
    runs = [
        run(
            tmp_path / "a" / "0",
            0,
            story=stale,
            name="stale",
            roll={"drained": True},
            balancer={"retries": 3},
        )
    ]
    runs.append(run(tmp_path / "b" / "0", 1, story=checked_story(), **calm))

    told = [note for note in notes(compare_stored(runs)) if "before you count on" in note]
    assert told == ["a/0: continuity failed; look at its own report before you count on its figures."]


@pytest.mark.usefixtures("undrawn")
def test_the_page_has_what_each_arm_says_of_itself(tmp_path: Path) -> None:
    stopped = {**UNDRAINED, "description": f"Stopped under load. {HOSTILE}"}
    write_comparison(compare_stored(series(tmp_path, (stopped, [[]]), (DRAINED, [[]]))), tmp_path)
    page = _Page(tmp_path / "compare.html")

    # Before the figure: between it and its words it would take them apart.
    assert f"undrained, 1 run Stopped under load. {HOSTILE} 0 s of disruption on average" in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    told = json.loads((tmp_path / "compare.json").read_text())["arms"]
    assert [arm["description"] for arm in told] == [f"Stopped under load. {HOSTILE}", ""]


@pytest.mark.usefixtures("undrawn")
def test_runs_that_did_not_take_turns_are_told(tmp_path: Path) -> None:
    made = [run(tmp_path / "u" / str(n), n, SHORT, **UNDRAINED) for n in range(2)]
    made += [run(tmp_path / "d" / str(n), 2 + n, **DRAINED) for n in range(2)]
    write_comparison(compare_stored(made), tmp_path)

    assert (
        "The arms were not run in turn: what changed on the machine between the first runs and the last"
        in (_Page(tmp_path / "compare.html").text)
    )


_TEXT = re.compile(
    r'<text style="[^"]*text-anchor: (middle|end);[^"]*" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<'
)


def _seconds(svg: str) -> list[tuple[float, str]]:
    """Place and words of every tick of the time axis."""
    return [
        (float(x), text) for anchor, x, _, text in _TEXT.findall(svg) if anchor == "middle" and text.isdigit()
    ]


def _latencies(svg: str) -> list[tuple[float, str]]:
    """Height over the lowest one, and words, of every tick of the latency axis."""
    ticks = [(float(y), t) for a, _, y, t in _TEXT.findall(svg) if a == "end" and re.fullmatch(r"\d+ m?s", t)]
    lowest = max(y for y, _ in ticks)
    return [(round(lowest - y, 1), text) for y, text in ticks]


def test_the_timelines_of_the_arms_have_the_same_scale_however_long_and_slow_each_is(tmp_path: Path) -> None:
    slow, short = healthy(drained=False), healthy()
    slow.slow(ISSUE, 23.0, 23.4, by_s=8.0)
    for phase, step, edge in (
        ("cooldown", None, "end"),
        ("cooldown", "observe", "end"),
        ("teardown", None, "begin"),
    ):
        short.find(phase, step, edge=edge)["mono_ns"] = ns(51)
    runs = [run(tmp_path / "u" / "0", 0, SHORT, story=slow, **UNDRAINED)]
    runs.append(run(tmp_path / "d" / "0", 1, story=short, **DRAINED))
    roll, whole = timelines(compare_stored(runs))

    for stretch in (roll, whole):
        first, second = (picture.file for _, picture in stretch.pictures)
        assert len(_seconds(first)) > 4
        assert _seconds(first) == _seconds(second)
        assert [text for _, text in _latencies(first)] == ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]
        assert _latencies(first) == _latencies(second)
    assert [title for title, _ in roll.pictures] == ["undrained: u/0, FAIL", "drained: d/0, PASS"]


def test_the_same_runs_give_the_same_bytes(comparison: ArmsComparison, written: Path, tmp_path: Path) -> None:
    names = ("compare.html", "compare.json", "summary.md")
    # A folder of the same standing: the page links reports that lie near it.
    again = written.parent / f"{written.name}-again"
    again.mkdir()
    write_comparison(comparison, again)

    assert [(again / name).read_bytes() for name in names] == [
        (written / name).read_bytes() for name in names
    ]


def test_the_page_needs_nothing_but_itself_and_belongs_to_its_owner(written: Path) -> None:
    page = _Page(written / "compare.html")
    fetched = [
        value
        for _, attrs in page.tags
        for key, value in attrs.items()
        if key in ("src", "href") and value and not value.startswith("#")
    ]

    assert fetched == []
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "img")]
    assert "@import" not in page.html
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.iterdir()} == {0o600}


@pytest.mark.usefixtures("undrawn")
def test_reports_of_runs_in_the_same_folder_of_reports_are_linked(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    runs = series(reports, (UNDRAINED, [[SHORT]]), (DRAINED, [[]]))
    for path in runs:
        (path / "report.html").write_text("a report")
    folder = reports / "compare" / "now"
    folder.mkdir(parents=True)
    write_comparison(compare_stored(runs), folder)
    elsewhere = tmp_path / "a" / "b" / "c"
    elsewhere.mkdir(parents=True)
    write_comparison(compare_stored(runs), elsewhere)

    page = (folder / "compare.html").read_text()
    assert 'href="../../undrained/run-0/report.html"' in page
    assert 'href="../../drained/run-0/report.html"' in page
    assert "report.html" not in (elsewhere / "compare.html").read_text()


def test_markup_in_a_runs_files_is_shown_as_text(tmp_path: Path) -> None:
    hostile: dict[str, Any] = {"name": HOSTILE, "roll": {"drained": False}}
    runs = [run(tmp_path / "a" / "0", 0, SHORT, **hostile), run(tmp_path / "b" / "0", 1, **DRAINED)]
    write_comparison(compare_stored(runs), tmp_path)
    page = _Page(tmp_path / "compare.html")

    assert HOSTILE in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    assert not [attrs for _, attrs in page.tags if "onload" in attrs]
    assert "<script" not in (tmp_path / "summary.md").read_text()


def test_the_file_for_machines_has_every_run_and_no_path_of_the_machine(
    written: Path, comparison: ArmsComparison
) -> None:
    text = (written / "compare.json").read_text()
    document: dict[str, Any] = json.loads(text)

    assert document["format"] == 1
    assert (document["question"], document["answer"]) == ("Is draining worth it here?", "yes")
    assert document["sentence"] == answer(comparison).sentence
    assert [len(arm["runs"]) for arm in document["arms"]] == [4, 4]
    assert document["arms"][0]["runs"][0]["figures"]["outage_s"] == 1.0
    outage = document["figures"][0]
    assert (outage["key"], outage["decides"]) == ("outage_s", True)
    assert outage["arms"]["undrained"]["values"] == [1.0, 2.0, 3.0, 2.0]
    assert outage["against_first"]["drained"]["difference"] == -2.0
    assert outage["against_first"]["drained"]["p_value"] == pytest.approx(2 / 70, abs=1e-6)
    assert {row["phase"] for row in document["latency"]} >= {"baseline", "roll", "contract"}
    assert str(written.parent) not in text
    assert not re.search(r"/(tmp|home|root)/", text)


def test_the_note_for_a_pull_request_has_the_answer_and_a_row_for_every_figure(
    written: Path, comparison: ArmsComparison
) -> None:
    lines = (written / "summary.md").read_text(encoding="utf-8").splitlines()

    assert lines[0] == "# Is draining worth it here? yes"
    assert lines[2] == answer(comparison).sentence
    assert lines[4] == "| Figure | undrained, 4 runs | drained, 4 runs | drained minus undrained | p |"
    minus = "\N{MINUS SIGN}"
    assert lines[6] == (
        f"| Disruption | 2.0 s (0.70 s to 3.3 s) | 0 s (all runs alike) | {minus}2.0 s (from {minus}3.3 s to "
        f"{minus}0.70 s) | 0.029 |"
    )
    assert sum(line.startswith("| ") for line in lines) == 11


@pytest.mark.usefixtures("undrawn")
def test_a_verdict_stored_under_other_rules_is_told_and_not_used(tmp_path: Path) -> None:
    runs = series(tmp_path, (UNDRAINED, [[SHORT]]), (DRAINED, [[]]))
    (runs[0] / "verdict.json").write_text('{"verdict": "PASS", "questions": {}}')
    write_comparison(compare_stored(runs), tmp_path)

    assert (
        "undrained/run-0: its folder says PASS, and judged now it is FAIL: it was judged by another "
        "version, or under other bounds. All runs here were judged anew, alike."
    ) in _Page(tmp_path / "compare.html").text
