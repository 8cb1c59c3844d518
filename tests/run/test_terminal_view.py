from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from harness.run.terminal_view import LiveView


class _Clock:
    """A monotonic clock that the story winds by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def _view(clock: _Clock, *, terminal: bool) -> tuple[LiveView, io.StringIO]:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=100, height=30, color_system=None)
    view = LiveView(
        console,
        "undrained: 27.1.0 → 29.1.0",
        utc=lambda: datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        monotonic_s=clock,
    )
    return view, screen


def test_without_a_terminal_every_event_is_a_plain_line_with_its_time() -> None:
    clock = _Clock()
    view, screen = _view(clock, terminal=False)

    with view:
        view.phase_began("roll")
        clock.now_s = 112.5
        view.step("wait_drained", "node1")
        view.step("wait_drained", "node1", "end", "0 sessions left")
        view.step("token_flush", edge="skip", told="27.1.0 has none")
        view.step("start", "node2", "fail", "it never answered")
        view.note("load is up")

    assert screen.getvalue().splitlines() == [
        "14:13:20Z     0.0 s  phase roll",
        "14:13:20Z    12.5 s    wait drained node1",
        "14:13:20Z    12.5 s    wait drained node1 done: 0 sessions left",
        "14:13:20Z    12.5 s    token flush skipped: 27.1.0 has none",
        "14:13:20Z    12.5 s    start node2 FAILED: it never answered",
        "14:13:20Z    12.5 s    load is up",
    ]


def test_without_a_terminal_figures_come_every_ten_seconds_and_at_once_when_more_fail() -> None:
    view, screen = _view(_Clock(), terminal=False)

    with view:
        for elapsed_s, failed in ((0.0, 0), (4.0, 0), (5.0, 2), (9.0, 2), (15.0, 2)):
            view.tick(elapsed_s, 17.0, 1_000 + int(elapsed_s), failed)

    lines = [line[21:].strip() for line in screen.getvalue().splitlines()]
    assert lines == [
        "17.0 requests/s, 1,000 sent, 0 failed",
        "17.0 requests/s, 1,005 sent, 2 failed",
        "17.0 requests/s, 1,015 sent, 2 failed",
    ]


def test_on_a_terminal_the_panel_shows_phase_step_node_and_figures() -> None:
    view, screen = _view(_Clock(), terminal=True)

    with view:
        view.phase_began("roll")
        view.step("stop", "node3")
        view.tick(33.0, 16.5, 512, 4)

    # The last thing drawn before the panel is taken away.
    drawn = screen.getvalue()
    for words in (
        "undrained: 27.1.0 → 29.1.0",
        "phase     roll",
        "stop node3",
        "512 sent, 16.5/s",
        "4 failed so far",
    ):
        assert words in drawn, words


def test_words_of_a_server_steer_neither_the_log_nor_the_terminal() -> None:
    view, screen = _view(_Clock(), terminal=False)

    with view:
        view.note("[bold red]\x1b[2Jgone\nsecond line")

    assert (
        screen.getvalue() == "14:13:20Z     0.0 s    [bold red]\N{REPLACEMENT CHARACTER}[2Jgone second line\n"
    )
