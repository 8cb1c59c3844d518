"""Who is answered by the page of a run that goes on: real sockets, in the process of the test."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from harness.evidence.rundir import RunDirectory
from harness.report.live.__main__ import LOG_BYTES_MAX
from harness.report.live.follow import Follower
from harness.report.live.process import Address, listen
from harness.report.live.readers import ANSWER_DEADLINE_S, READERS_MAX, Readers
from harness.report.live.server import PageServer
from tests.judge.story import healthy
from tests.report.live_page import get

ENOUGH_S = 30.0


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return healthy().write(tmp_path_factory.mktemp("served"))


@pytest.fixture
def address(run: RunDirectory) -> Iterator[Address]:
    at = listen(0)
    # Every look at the clock is a second later, so that every question reads the files.
    seconds = count(1.0)
    server = PageServer(at.listening, at.token, Follower(run, monotonic_s=lambda: next(seconds)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield at
    server.shutdown()
    thread.join()
    server.server_close()


def _connected(address: Address, first: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", address.port), timeout=ENOUGH_S)
    connection.sendall(first)
    return connection


def _everything(connection: socket.socket) -> bytes:
    """What comes until the server hangs up."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


# --- what is served


def test_the_page_and_its_data_are_served_to_who_has_the_address(address: Address) -> None:
    status, headers, page = get(address, f"/{address.token}/")
    _, _, whole = get(address, f"/{address.token}/data")
    _, _, rest = get(address, f"/{address.token}/data?after=10,0")

    assert status == 200
    assert b'<h2 id="explore-title">So far</h2>' in page
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'; script-src 'sha256-" in headers["Content-Security-Policy"]
    assert len(json.loads(rest)["at_ms"]) == len(json.loads(whole)["at_ms"]) - 10 > 0


@pytest.mark.parametrize(
    "path",
    ["/", "/data", "/wrong/", "/wrong/data", "//", "/{token}", "/{token}/../{token}/x", "/{token}/data/x"],
)
def test_who_does_not_know_the_path_learns_nothing(address: Address, path: str) -> None:
    status, _, body = get(address, path.format(token=address.token))

    assert (status, body) == (404, b"There is nothing here.\n")


def test_a_name_of_the_web_that_was_rebound_to_loopback_is_refused(address: Address) -> None:
    path = f"/{address.token}/data"

    assert get(address, path, Host="evil.example")[0] == 421
    assert get(address, path, Host=f"evil.example:{address.port}")[0] == 421
    assert get(address, path, Host="127.0.0.1:1")[0] == 421
    assert get(address, path, Host=f"localhost:{address.port}")[0] == 200


def test_nothing_can_be_changed_through_it(address: Address) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert get(address, f"/{address.token}/", method)[0] == 501


# --- what is no question


@pytest.mark.parametrize(
    "query",
    [
        "", "?after=", "?after=x,y", "?after=-5,-5", "?after=9999999999,1", "?after=1,2,3", "?%00",
        "?after=" + "9" * 5_000 + ",0", "?[", "?" + "&".join("after=1,2" for _ in range(2_000)),
    ],
    ids=lambda query: query[:12],
)  # fmt: skip
def test_nonsense_in_a_query_is_answered_and_says_nothing_on_the_log(
    address: Address, query: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert get(address, f"/{address.token}/data{query}")[0] == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET http://[ HTTP/1.1", b"GET /[/]/ HTTP/1.1", b"GET //[ HTTP/1.1", b"GET", b"\x00\xff\xfe", b" ",
        b"GET / HTTP/9.9",
        b"GET / HTTP/" + b"9" * 5_000, b"POST / HTTP/1.1", b"GET /" + b"a" * 60_000,
    ],
    ids=lambda line: repr(line[:16]),
)  # fmt: skip
def test_of_who_has_not_shown_the_token_nothing_is_parsed(
    address: Address, request_line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(_connected(address, request_line + b"\r\n")) as connection:
        answer = _everything(connection)

    assert answer.startswith(b"HTTP/1.0 404 ")
    assert answer.endswith(b"\r\n\r\nThere is nothing here.\n")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "rest",
    [b"data[ HTTP/1.1\r\n\r\n", b" HTTP/x\r\n\r\n", b" HTTP/1.1\r\nHost\r\n: \xff\r\n\r\n", b"\r\n\r\n",
     b" HTTP/1.1\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(200)) + b"\r\n"],
    ids=lambda rest: repr(rest[:16]),
)  # fmt: skip
def test_who_has_the_token_and_speaks_nonsense_is_refused_without_a_traceback(
    address: Address, rest: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(_connected(address, f"GET /{address.token}/".encode() + rest)) as connection:
        answer = _everything(connection)

    assert b"So far" not in answer
    assert capfd.readouterr().err == ""


def test_a_damaged_line_of_the_run_is_passed_over(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    whole = Follower(run).told(0, 0)
    probes = run.requests / "probes.jsonl"
    header, *records = probes.read_text(encoding="utf-8").splitlines(keepends=True)
    damaged = [
        '{"header": 5}\n', '{"header": {"lanes": [{"lane": []}]}}\n', '{"outcome": "ok"}\n',
        records[0].replace('"intended_ns":', '"intended_ns":"soon","was":'),
        records[0].replace('"lane":', '"lane":[],"was":'),
        records[0].replace('"outcome":', '"outcome":{},"was":'),
    ]  # fmt: skip
    probes.write_text("".join([header, *damaged, *records]), encoding="utf-8")

    told = Follower(run).told(0, 0)
    assert whole is not None
    assert told == whole


def test_the_log_of_the_page_is_bounded_and_a_line_for_which_there_is_no_room_does_no_harm(
    tmp_path: Path,
) -> None:
    program = (
        "import sys, traceback; from harness.report.live.__main__ import _bound_what_is_written as bound; "
        "bound()\nfor _ in range(5_000):\n    try: raise ValueError('a bug that every question meets "
        "anew')\n    except ValueError:\n        try: traceback.print_exc()\n        except OSError: "
        "pass\n"
    )
    log = tmp_path / "page.log"
    with log.open("wb") as stderr:
        done = subprocess.run([sys.executable, "-c", program], stderr=stderr, timeout=ENOUGH_S, check=False)

    assert done.returncode == 0
    assert log.stat().st_size == LOG_BYTES_MAX


# --- who dawdles


def test_readers_who_dawdle_without_the_token_keep_nobody_out(address: Address) -> None:
    with ExitStack() as open_ones:
        dawdling = [
            open_ones.enter_context(closing(_connected(address, b"GET / HT"))) for _ in range(3 * READERS_MAX)
        ]

        assert get(address, f"/{address.token}/data")[0] == 200
        assert _everything(dawdling[0]) == b""


def test_readers_who_do_not_read_keep_nobody_out(address: Address) -> None:
    question = f"GET /{address.token}/ HTTP/1.1\r\nHost: 127.0.0.1:{address.port}\r\n".encode()
    with ExitStack() as open_ones:
        for _ in range(2 * READERS_MAX):
            open_ones.enter_context(closing(_connected(address, question)))

        assert get(address, f"/{address.token}/data")[0] == 200


@dataclass
class _Hall:
    """Readers on socket pairs, with a clock that is set by hand; the far ends see who is hung up on."""

    now_s: float = 0.0
    readers: Readers = field(init=False)

    def __post_init__(self) -> None:
        self.readers = Readers(2, monotonic_s=lambda: self.now_s)

    def newcomer(self) -> tuple[socket.socket, socket.socket]:
        """A connection that was let in, with a thread that leaves once it is hung up on, and its far end."""
        near, far = socket.socketpair()
        far.settimeout(ENOUGH_S)
        assert self.readers.admit(near)
        threading.Thread(target=self._stay, args=(near,)).start()
        return near, far

    def _stay(self, near: socket.socket) -> None:
        near.recv(1)
        self.readers.leave(near)
        near.close()


def test_a_newcomer_takes_the_place_of_the_first_who_has_not_shown_the_token() -> None:
    hall = _Hall()
    known, known_far = hall.newcomer()
    hall.readers.recognise(known)
    hall.now_s = 1.0
    _, stranger_far = hall.newcomer()
    hall.now_s = 2.0
    _, newcomer_far = hall.newcomer()

    assert stranger_far.recv(1) == b""
    known_far.close()
    newcomer_far.close()
    stranger_far.close()


def test_who_is_here_for_too_long_is_hung_up_on() -> None:
    hall = _Hall()
    _, late_far = hall.newcomer()
    hall.now_s = ANSWER_DEADLINE_S
    near, far = hall.newcomer()
    hall.now_s += 0.5
    hall.readers.hang_up_on_late()

    assert late_far.recv(1) == b""
    near.send(b"x")
    assert far.recv(1) == b"x"
    far.close()
    late_far.close()


def test_where_nobody_leaves_a_newcomer_is_not_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.report.live.readers._LEAVE_S_MAX", 0.01)
    readers = Readers(1)
    stuck, _, newcomer, _ = *socket.socketpair(), *socket.socketpair()
    assert readers.admit(stuck)

    assert not readers.admit(newcomer)
    readers.leave(stuck)
    assert readers.admit(newcomer)
