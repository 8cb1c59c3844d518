from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from harness.errors import UsageError
from harness.evidence.rundir import RunDirectory
from harness.report.live.__main__ import LOG_BYTES_MAX
from harness.report.live.follow import Follower
from harness.report.live.process import Address, listen, served
from tests.judge.story import ISSUE, VALIDATE, Story, healthy
from tests.report.explored import HOSTILE
from tests.report.live_page import get

if TYPE_CHECKING:
    from tests.browser import Browser

ENOUGH_S = 120.0
"""The page runs at the lowest priority: beside busy cores it takes half a minute to begin."""


class _UnderWay:
    """A run directory that a story writes a bit at a time, as a harness does."""

    def __init__(self, path: Path, story: Story) -> None:
        self.run = story.write(path / "whole")
        self._journal = self.run.journal.read_bytes().splitlines(keepends=True)
        probes = self.run.requests / "probes.jsonl"
        self._probes = probes.read_bytes().splitlines(keepends=True)
        self._manifest = self.run.manifest.read_bytes()
        self.run = RunDirectory(path / "run")
        self.run.requests.mkdir(parents=True)
        self.run.logs.mkdir()

    def begin(self) -> None:
        self.run.manifest.write_bytes(self._manifest)

    def grow(self, events: int, lines: int, torn: bytes = b"") -> None:
        self.run.journal.write_bytes(b"".join(self._journal[:events]))
        (self.run.requests / "probes.jsonl").write_bytes(b"".join(self._probes[:lines]) + torn)

    def grow_whole(self) -> None:
        self.grow(len(self._journal), len(self._probes))


@pytest.fixture
def under_way(tmp_path: Path) -> _UnderWay:
    story = healthy(drained=False)
    story.fail(VALIDATE, 23.2, 24.9, detail=HOSTILE)
    return _UnderWay(tmp_path, story)


# --- what is told


def test_nothing_is_told_before_there_is_a_journal(under_way: _UnderWay) -> None:
    assert Follower(under_way.run).told(0, 0) is None
    under_way.begin()
    assert Follower(under_way.run).told(0, 0) is None


def test_a_reader_is_told_what_is_new_and_no_line_twice_or_by_half(under_way: _UnderWay) -> None:
    clock = iter(range(100))
    follower = Follower(under_way.run, monotonic_s=lambda: float(next(clock)))
    under_way.begin()
    under_way.grow(5, 11, torn=b'{"seq": 99, "lane"')
    first = _told(follower, 0)
    under_way.grow(20, 31)
    second = _told(follower, 10)

    assert len(first["at_ms"]) == 10
    assert len(second["at_ms"]) == 20
    assert second["counts"] == {"ok": 30}
    assert [phase["name"] for phase in first["phases"]] == ["setup", "baseline"]
    assert [phase["name"] for phase in second["phases"]][-1] == "expand"


def test_a_phase_under_way_lasts_until_now_and_a_run_that_is_over_until_its_end(under_way: _UnderWay) -> None:
    under_way.begin()
    under_way.grow_whole()

    told = _told(Follower(under_way.run), 0)

    assert told["ended"] is True
    assert told["end_s"] == 56.0
    assert told["releases"] == ["27.1.0", "29.1.0"]
    assert told["nodes"][0]["states"][-1][:2] == ["serving", "29.1.0"]


def test_a_failed_request_is_told_in_full(under_way: _UnderWay) -> None:
    under_way.begin()
    under_way.grow_whole()

    failure = _told(Follower(under_way.run), 0)["failures"][0]

    assert failure["id"] == "req-token_validate/reused-23.625"
    assert (failure["error"], failure["status"], failure["at_s"]) == ("http_5xx", 502, 23.625)


def test_however_many_ask_the_files_are_read_once_in_a_while(under_way: _UnderWay) -> None:
    follower = Follower(under_way.run, monotonic_s=lambda: 100.0)
    under_way.begin()
    under_way.grow(4, 11)
    _told(follower, 0)
    under_way.grow(20, 31)

    assert _told(follower, 0)["counts"] == {"ok": 10}


def _told(follower: Follower, rows: int) -> dict[str, Any]:
    told = follower.told(rows, 0)
    assert told is not None
    return told


# --- how it lives


@contextmanager
def _served(run: RunDirectory) -> Iterator[Address]:
    address = listen(0)
    with served(address, run):
        yield address


@pytest.mark.process
def test_it_listens_on_loopback_only_and_ends_with_the_run(under_way: _UnderWay) -> None:
    under_way.begin()
    under_way.grow(20, 31)
    address = listen(0)
    port = address.port
    with served(address, under_way.run):
        get(address, f"/{address.token}/")
        process = _newest_page()
        listening = [each.laddr for each in process.net_connections() if each.status == "LISTEN"]
        arguments = " ".join(process.cmdline())
        idle = os.sched_getscheduler(process.pid) == os.SCHED_IDLE
        log_bytes_max, _ = process.rlimit(psutil.RLIMIT_FSIZE)

    assert [tuple(each) for each in listening] == [("127.0.0.1", port)]
    assert address.token not in arguments
    assert str(under_way.run.path) not in arguments
    assert idle
    assert log_bytes_max == LOG_BYTES_MAX
    assert not process.is_running()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def _newest_page() -> psutil.Process:
    children = psutil.Process().children()
    return max(filter(_is_page, children), key=lambda page: page.create_time())


def _is_page(process: psutil.Process) -> bool:
    try:
        return "harness.report.live" in process.cmdline()
    except psutil.ZombieProcess:  # a child of another test, which nobody has waited for yet
        return False


@pytest.mark.process
def test_a_harness_that_is_killed_takes_its_page_with_it(under_way: _UnderWay) -> None:
    under_way.begin()
    under_way.grow(20, 31)
    script = (
        "import sys, time; from pathlib import Path; from harness.evidence.rundir import RunDirectory;"
        "from harness.report.live.process import listen, served;"
        "address = listen(0); beside = served(address, RunDirectory(Path(sys.argv[1]))); beside.__enter__();"
        "print(address.url, flush=True); time.sleep(600)"
    )
    harness = subprocess.Popen(
        [sys.executable, "-c", script, str(under_way.run.path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert harness.stdout is not None
        port = int(harness.stdout.readline().split(":")[2].split("/")[0])
        (page,) = psutil.Process(harness.pid).children()
    finally:
        harness.kill()
        harness.wait()

    _until(lambda: not page.is_running() or page.status() == psutil.STATUS_ZOMBIE)
    # At the lowest priority its other threads may end, and let go of the socket, a while after the first.
    _until(lambda: _refuses(port))


def _refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


def _until(so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + ENOUGH_S
    while not so():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.05)


@pytest.mark.process
def test_a_page_that_can_not_begin_is_no_fault_of_the_run(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "gone")
    with served(listen(0), run):
        reached = True

    assert reached


@pytest.mark.process
def test_a_page_that_is_killed_does_not_disturb_the_run(under_way: _UnderWay) -> None:
    with _served(under_way.run):
        process = _newest_page()
        process.kill()
        reached = True

    assert reached


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with closing(listen(0).listening) as taken, pytest.raises(UsageError) as refused:
        listen(taken.getsockname()[1])

    port = refused.value.args[0].split()[1].rstrip(":")
    assert str(refused.value) == (
        f"--live-port {port}: cannot be listened on (Address already in use); "
        "name another port, or leave it out for a free one."
    )


# --- in a browser


@pytest.mark.browser
def test_the_page_grows_with_the_run_and_stays_where_its_reader_looks(
    under_way: _UnderWay, browser: Browser
) -> None:
    with _served(under_way.run) as address:
        browser.open(address.url)
        _until(lambda: browser.text("#now") == "Waiting for the run to begin.")
        under_way.begin()
        under_way.grow(9, 31)
        _until(lambda: "30 requests were due, 0 failed." in browser.text("#counts"))
        assert browser.texts("[data-zoom]") == ["whole run", "baseline", "preflight"]

        browser.click("[data-zoom='baseline']")
        view = browser.text("#explorer .told").partition(":")[0]
        under_way.grow_whole()
        _until(lambda: "324 requests were due, 3 failed." in browser.text("#counts"))

        assert "roll node2" in browser.texts("[data-zoom]")
        assert browser.text("#explorer .told").partition(":")[0] == view
        browser.click("[data-zoom='whole run']")
        assert browser.text("#explorer .told") == "2.00 s to 54.00 s: 309 requests went well, 3 failed."
        shown = browser.text("#explorer .requests-list > li")
        assert " ".join(HOSTILE.split()) in shown
        assert "req-token_validate/reused-23.625" in shown
        assert browser.driver.title == "3 failed: unnamed"
        assert browser.complaints() == []


@pytest.mark.browser
def test_a_page_whose_run_is_over_says_where_to_look_next(under_way: _UnderWay, browser: Browser) -> None:
    under_way.begin()
    under_way.grow_whole()
    with _served(under_way.run) as address:
        browser.open(address.url)
        _until(lambda: browser.text("#now") == "The run is over; the judge writes the report.")
    _until(lambda: browser.text("#now").endswith("its report is in the folder of the run."))


def test_lanes_that_only_test_the_machine_are_not_counted(tmp_path: Path) -> None:
    story = healthy()
    story.reference()
    under_way = _UnderWay(tmp_path, story)
    under_way.begin()
    under_way.grow_whole()

    told = _told(Follower(under_way.run), 0)

    assert told["counts"] == {"ok": 324}
    assert {lane["name"] for lane in told["lanes"]} >= {ISSUE, VALIDATE}
