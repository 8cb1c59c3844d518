"""What lies behind every panel: the rolls of the nodes as shades, the outages in red."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from harness.judge.model import Judgement
from harness.report.palette import ink
from harness.report.panels.canvas import LEFT, Canvas, Window


def draw_ground(axes: Axes, judgement: Judgement, window: Window) -> None:
    """One time axis for all panels, with the phases and node rolls as shades behind."""
    axes.set_xlim(window.left_s, window.right_s)
    axes.tick_params(axis="x", labelbottom=False, length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=12, steps=[1, 2, 3, 5, 6, 10]))
    axes.grid(axis="x", color=ink("grid"), linewidth=0.7)
    axes.set_axisbelow(True)
    for number, roll in enumerate(window.rolls(judgement)):
        # Two strengths in turn, so that the eye sees where one node's roll ends and the next begins.
        strength = 1.0 if number % 2 == 0 else 0.5
        axes.axvspan(roll.left_s, roll.right_s, color=ink("roll"), alpha=strength, linewidth=0, zorder=0)
    # One collection for all of them: a flapping run has hundreds.
    least_s = window.as_seconds(1.5)
    spans = [window.span_s(o.start_ns, o.end_ns) for o in judgement.downtime.outages]
    axes.broken_barh(
        [(left_s, max(right_s - left_s, least_s)) for left_s, right_s in spans],
        (0, 1),
        transform=axes.get_xaxis_transform(),
        color=ink("outage"),
        alpha=0.20,
        lw=0,
        zorder=0.5,
    )


def name_rolls(canvas: Canvas, judgement: Judgement, window: Window, y: float) -> None:
    """The node's name over its roll; only what tells it from the others where the rolls are short."""
    rolls = window.rolls(judgement)
    names = [roll.node for roll in rolls]
    narrowest = min((window.points(roll.right_s) - window.points(roll.left_s) for roll in rolls), default=0.0)
    if narrowest < max((len(name) * 6.2 for name in names), default=0.0):
        shared = _shared_letters(names)
        names = [name[shared:][: max(1, int(narrowest / 6.2))] for name in names]
    for name, roll in zip(names, rolls, strict=True):
        middle = (window.points(roll.left_s) + window.points(roll.right_s)) / 2
        canvas.text(LEFT + middle, y, name, size=10, align="center", colour="muted")


def _shared_letters(names: Sequence[str]) -> int:
    """How many letters all of several names begin with."""
    if len(names) < 2:
        return 0
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False)))
