"""What the person at the terminal sees while a run goes on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.report.text import one_line, seconds, words

EVENTS_SHOWN = 8
PLAIN_TICK_S = 10.0
"""Between two lines of figures where there is no terminal: a log stays readable, and still shows life."""
_REFRESH_HZ = 4.0


class LiveView:
    """A panel that redraws itself on a terminal; elsewhere a line an event, with its time.

    Takes plain values and never blocks the run on the terminal's speed. Usable from one thread at a time.
    """

    def __init__(
        self,
        console: Console,
        title: str = "Upgrade under load",
        *,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._title = one_line(title)
        self._utc = utc
        self._monotonic_s = monotonic_s
        self._began_s = monotonic_s()
        self._ticked_s = -PLAIN_TICK_S
        self._phase = ""
        self._step = ""
        self._node = ""
        self._elapsed_s = 0.0
        self._rate_hz = 0.0
        self._requests = 0
        self._failed = 0
        self._events: deque[Text] = deque(maxlen=EVENTS_SHOWN)
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._render,
                console=self._console,
                refresh_per_second=_REFRESH_HZ,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def phase_began(self, phase: str) -> None:
        """A phase begins."""
        self._phase, self._step, self._node = words(phase), "", ""
        self._happened(Text(f"phase {self._phase}", style="bold"))

    def step(self, step: str, node: str | None = None, edge: str = "begin", told: str = "") -> None:
        """A step begins (`begin`), or is over (`end`, `skip`, `fail`), with what there is to tell of it."""
        self._step, self._node = words(step), one_line(node or "")
        named = self._step + (f" {self._node}" if self._node else "")
        told = f": {one_line(told)}" if told else ""
        if edge == "begin":
            self._happened(Text(f"  {named}{told}"))
        elif edge == "fail":
            self._happened(Text(f"  {named} FAILED{told}", style="bold red"))
        else:
            self._happened(Text(f"  {named} {'skipped' if edge == 'skip' else 'done'}{told}", style="dim"))

    def note(self, told: str) -> None:
        """Anything else that is worth a line."""
        self._happened(Text(f"  {one_line(told)}"))

    def tick(self, elapsed_s: float, rate_hz: float, requests: int, failed: int) -> None:
        """Figures so far; as often as the caller likes."""
        more_failed = failed > self._failed
        self._elapsed_s, self._rate_hz = elapsed_s, rate_hz
        self._requests, self._failed = requests, failed
        if more_failed and self._live is not None:
            self._happened(Text(f"  {failed:,} failed so far", style="red"))
        if self._live is None:
            self._tick_line(more_failed=more_failed)

    def _tick_line(self, *, more_failed: bool) -> None:
        if not more_failed and self._elapsed_s - self._ticked_s < PLAIN_TICK_S:
            return
        self._ticked_s = self._elapsed_s
        self._print(
            Text(f"  {self._rate_hz:.1f} requests/s, {self._requests:,} sent, {self._failed:,} failed")
        )

    def _happened(self, event: Text) -> None:
        if self._live is None:
            self._print(event)
        else:
            self._events.append(Text.assemble((f"{self._now_s():7.1f} s  ", "dim"), event))

    def _print(self, line: Text) -> None:
        stamp = self._utc().strftime("%H:%M:%SZ")
        self._console.print(Text(f"{stamp} {self._now_s():7.1f} s  ") + line, soft_wrap=True)

    def _now_s(self) -> float:
        return self._monotonic_s() - self._began_s

    def _render(self) -> Panel:
        figures = Table.grid(padding=(0, 2))
        figures.add_column(style="dim")
        figures.add_column()
        doing = " ".join(part for part in (self._step, self._node) if part)
        figures.add_row("phase", Text(self._phase or "starting", style="bold"))
        figures.add_row("step", Text(doing))
        figures.add_row("clock", Text(seconds(self._now_s())))
        figures.add_row("requests", Text(f"{self._requests:,} sent, {self._rate_hz:.1f}/s"))
        figures.add_row("failed", Text(f"{self._failed:,}", style="bold red" if self._failed else "green"))
        return Panel(
            Group(figures, Text(""), *self._events), title=Text(self._title), title_align="left", expand=True
        )
