from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.judge.measures import bins
from tests.judge.story import healthy
from tests.report.explored import HOSTILE, PASSWORD, TOKEN, reported

if TYPE_CHECKING:
    from tests.browser import Browser

pytestmark = pytest.mark.browser

RATE, LANES = "[data-chart=rate] .u-over", "[data-chart=lanes] .u-over"
HOSTILE_SEEN = " ".join(HOSTILE.split())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reported(tmp_path_factory.mktemp("explored")).report


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Browser]:
    """The report, freshly loaded; whatever a test does, the console stays empty, and no stranger acts."""
    browser.open_file(report)
    yield browser
    assert browser.complaints() == []
    assert "owned" not in browser.driver.title


def _told(page: Browser) -> str:
    return page.text("#explorer .told")


def test_the_page_shows_the_whole_probed_time_and_counts_what_is_in_it(page: Browser) -> None:
    assert _told(page) == "2.00 s to 54.00 s: 307 requests went well, 5 failed."
    assert page.texts("#explorer figcaption") == [
        "Failed requests by lane",
        "Nodes and their release",
        "Requests per second",
        "Latency of the probes",
    ]
    assert page.driver.execute_script("return document.querySelectorAll('#explorer canvas').length") > 4


def test_pointing_at_a_chart_reads_out_its_values(page: Browser) -> None:
    page.hover(RATE, 0.2)

    told = page.text("#explorer .readout")
    assert re.match(r"12\.\d\d s \(08:53:32\.\d\d UTC\)", told)
    for value in (
        "phase preflight",
        "node1 serving 27.1.0",
        "answered by 27.1.0 6.0/s",
        "failed 0.0/s",
        "median of 30 s 20 ms",
        "99th percentile of 30 s 20 ms",
        "slowest of 0.5 s 20 ms",
    ):
        assert value in told


def _latency_legend(page: Browser) -> list[str]:
    return page.texts("#explorer [data-chart=latency] .legend li")


def test_the_latency_has_a_dot_an_answer_and_percentiles_only_of_fifty_at_a_time(page: Browser) -> None:
    assert _latency_legend(page) == ["an answer", "median of 30 s", "99th percentile of 30 s"]

    page.click("[data-zoom='expand']")  # four seconds
    assert _latency_legend(page) == ["an answer", "too few answers for percentiles: 50 at a time"]
    page.hover(RATE, 0.5)
    assert "percentile" not in page.text("#explorer .readout")


def test_the_screen_and_the_picture_are_cut_into_bins_by_one_rule(page: Browser) -> None:
    told = page.script("return JSON.parse(document.getElementById('explore-data').textContent).binning")
    assert told == {
        "widths_s": list(bins.WIDTHS_S),
        "bins_max": bins.BINS_MAX,
        "samples_min": bins.SAMPLES_MIN,
        "dots_max": bins.DOTS_MAX,
    }


def test_pointing_into_an_outage_names_it_its_step_and_the_request(page: Browser) -> None:
    page.hover(RATE, 0.416)

    told = page.text("#explorer .readout")
    assert "phase roll, stop node1" in told
    assert "disruption #1" in told
    assert "node1 stopped" in told
    assert "req-token_validate/reused-23." in told


def test_a_phase_is_zoomed_to_and_left_again(page: Browser) -> None:
    page.click("[data-zoom='expand']")
    assert _told(page) == "18.00 s to 22.00 s: 24 requests went well, 0 failed."

    page.click("[data-zoom='roll node1']")
    assert _told(page).startswith("23.10 s to 32.00 s")

    page.click("[data-zoom='whole run']")
    assert _told(page).startswith("2.00 s to 54.00 s")


def test_dragging_across_a_chart_zooms_to_that_stretch_and_a_double_click_goes_back(page: Browser) -> None:
    page.drag(RATE, 0.25, 0.5)

    first, last = map(float, re.findall(r"([\d.]+) s", _told(page))[:2])
    assert first == pytest.approx(15.0, abs=0.2)
    assert last == pytest.approx(28.0, abs=0.2)

    page.script("arguments[0].dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))", page.find(RATE))
    assert _told(page).startswith("2.00 s to 54.00 s")


def test_an_outage_lists_its_requests_with_their_ids_and_the_lines_of_the_logs(page: Browser) -> None:
    page.click("[data-outage-button='1']")

    assert page.text("#explorer .requests h3") == "Disruption #1: 4 failed requests"
    assert page.find("[data-outage-button='1']").get_attribute("aria-pressed") == "true"
    assert [item.get_attribute("data-request") for item in _items(page)] == [
        "req-token_issue/new-23.5",
        "req-token_validate/reused-23.625",
        "req-token_validate/reused-24.125",
        "req-token_validate/reused-24.625",
    ]
    assert "may have been carried out" in _items(page)[0].text
    first = _items(page)[1].text
    assert "token_validate/reused" in first
    assert "laid to node1 (27.1.0)" in first
    assert "logs/haproxy.log:" in first
    assert "ts=SH-- id=req-token_validate/reused-23" in first
    logged = page.texts("#explorer .requests > ul.log li")
    assert logged == [
        "logs/node1.log:2 SIGINT/SIGTERM received...killing workers...",
        "logs/node1.log:3 goodbye to uWSGI.",
    ]


def _items(page: Browser) -> list[Any]:
    return page.driver.find_elements("css selector", "#explorer .requests-list > li")


def test_a_click_into_the_chart_lists_the_outage_that_is_there(page: Browser) -> None:
    page.click_at(RATE, 0.42)

    assert page.text("#explorer .requests h3") == "Disruption #1: 4 failed requests"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("lane", "token_issue/new", "only lane token_issue/new: 103 requests went well, 1 failed."),
        ("node", "node2", "only node node2:"),
        ("release", "29.1.0", "only release 29.1.0:"),
        ("error", "closed", "only error closed: 307 requests went well, 1 failed."),
    ],
)
def test_each_filter_leaves_only_what_it_names(page: Browser, name: str, value: str, told: str) -> None:
    page.script(
        "const s = document.querySelector(`select[name=${arguments[0]}]`); s.value = arguments[1];"
        "s.dispatchEvent(new Event('change'))",
        name,
        value,
    )

    assert told in _told(page)
    assert len(_items(page)) == int(re.findall(r"(\d+) failed", _told(page))[0]) >= 1


def test_hostile_words_of_a_server_and_its_log_are_shown_as_text(page: Browser) -> None:
    text = page.text("#explorer .requests-list > li:last-child")

    assert text.count(HOSTILE_SEEN) == 2
    assert page.script("return document.querySelectorAll('#explorer img, #explorer script').length") == 0


def test_no_token_and_no_password_of_a_log_gets_onto_the_page(report: Path) -> None:
    source = report.read_text()

    assert "req-load/user_get/reused-" in source
    assert TOKEN[:24] not in source
    assert PASSWORD not in source
    assert "X-Subject-Token: [hidden]" in source
    assert "password=[hidden]" in source


def test_everything_can_be_done_with_the_keyboard(page: Browser) -> None:
    charts = page.find("#explorer .charts")
    charts.send_keys("\ue014")  # right arrow
    assert page.text("#explorer .readout").startswith("28.52 s")
    spoken = page.script("return document.querySelector('#explorer [aria-live=polite]').textContent")
    assert spoken.startswith("at 28.52 s (")
    charts.send_keys("+")
    assert _told(page).startswith("15.52 s to 41.52 s")
    charts.send_keys("\ue011")  # home
    assert _told(page).startswith("2.00 s to 54.00 s")
    outline = page.script(
        "document.querySelector('[data-zoom=roll]').focus({focusVisible: true});"
        "return getComputedStyle(document.querySelector('[data-zoom=roll]')).outlineStyle"
    )
    assert outline == "solid"


def test_every_control_has_a_name(page: Browser) -> None:
    nameless = page.script(
        "return [...document.querySelectorAll('#explorer button, #explorer select, #explorer .charts')]"
        ".filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label'))"
        " || (e.tagName === 'SELECT' && !e.labels.length))"
        ".map((e) => e.outerHTML)"
    )
    assert nameless == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_no_screen_has_to_be_scrolled_sideways(
    browser: Browser, report: Path, width: int, dark: bool
) -> None:
    browser.open_file(report, width=width, dark=dark)
    browser.click("[data-outage-button='1']")
    browser.hover(RATE, 0.5)

    assert (
        browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        == 0
    )
    assert browser.script("return document.querySelector('#explorer').scrollWidth") <= width
    assert browser.complaints() == []


_CONTRAST = """
const light = (colour) => {
  const c = document.createElement('canvas').getContext('2d');
  c.fillStyle = colour; c.fillRect(0, 0, 1, 1);
  const [r, g, b] = [...c.getImageData(0, 0, 1, 1).data].slice(0, 3)
    .map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (e) => {
  for (let at = e; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/rgba\\(.*, 0\\)|transparent/.test(colour)) return colour;
  }
  return 'white';
};
return [...document.querySelectorAll('#explore *')]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
  .filter((e) => e.getClientRects().length)
  .map((e) => {
    const [one, other] = [light(getComputedStyle(e).color), light(behind(e))].sort((a, b) => b - a);
    return [(one + 0.05) / (other + 0.05), e.outerHTML.slice(0, 90)];
  }).filter(([ratio]) => ratio < 4.5);
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_aa_asks_for(browser: Browser, report: Path, dark: bool) -> None:
    browser.open_file(report, dark=dark)
    browser.click("[data-outage-button='1']")
    browser.hover(RATE, 0.5)

    assert browser.script(_CONTRAST) == []


def test_the_charts_follow_the_colours_of_the_page(browser: Browser, report: Path) -> None:
    pixels = []
    for dark in (False, True):
        browser.open_file(report, dark=dark)
        data = browser.script("return document.querySelector('[data-chart=rate] canvas').toDataURL()")
        pixels.append(data)

    assert pixels[0] != pixels[1]


def test_a_run_without_a_failure_has_nothing_to_list_and_says_so(browser: Browser, tmp_path: Path) -> None:
    browser.open_file(reported(tmp_path / "calm", healthy()).report)

    assert _told(browser) == "2.00 s to 54.00 s: 312 requests went well, 0 failed."
    assert browser.text("#explorer .requests") == "Failed requests in view No failed request here."
    assert browser.complaints() == []


def test_the_policy_of_the_page_forbids_it_to_call_anyone(browser: Browser, report: Path) -> None:
    browser.open_file(report)
    refused = browser.driver.execute_async_script(
        "const done = arguments[0];"
        "document.addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective));"
        "fetch('http://127.0.0.1:9/').catch(() => null);"
    )
    assert refused == "connect-src"
    assert any("Content Security Policy" in complaint for complaint in browser.complaints())
