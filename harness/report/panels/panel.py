"""What every panel of the picture offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from harness.judge.model import Judgement
from harness.report.palette import ink
from harness.report.panels.canvas import Window


class Panel(ABC):
    """One panel: knows its height before it is drawn, so that the picture can be laid out."""

    title: str
    summary: str
    """What it shows, for the picture's description."""

    def __init__(self, judgement: Judgement, window: Window) -> None:
        self.judgement = judgement
        self.window = window

    @property
    @abstractmethod
    def height(self) -> float:
        """Points."""

    @abstractmethod
    def draw(self, axes: Axes) -> None:
        """Draw on axes whose time axis and shades stand already."""


def say_nothing_recorded(axes: Axes, sentence: str) -> None:
    """A panel without evidence says so instead of looking calm."""
    axes.set_yticks([])
    axes.text(
        0.5,
        0.5,
        sentence,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=ink("muted"),
        fontsize=11,
    )


def legend(axes: Axes, handles: Sequence[Artist]) -> None:
    """A legend in the margin at the right."""
    if handles:
        axes.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(1.008, 1.04),
            borderaxespad=0.0,
            handlelength=1.3,
            handletextpad=0.6,
            labelspacing=0.45,
        )


def rows(axes: Axes, names: Sequence[str]) -> None:
    """Rows from top to bottom, one unit high each, named at the left."""
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), labels=list(names))
