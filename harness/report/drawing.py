"""matplotlib as the pictures of a report use it: one style, whatever the reader's own settings are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib.style

from harness.report.palette import ink

POINTS_PER_INCH = 72

# Sans text is left as text: a page stays small, searchable and legible at any zoom.
_STYLE = {
    "svg.fonttype": "none",
    "svg.image_inline": True,
    "font.family": ["DejaVu Sans"],
    "font.size": 11.0,
    "text.parse_math": False,
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.edgecolor": ink("line"),
    "axes.labelcolor": ink("muted"),
    "figure.facecolor": "none",
    "xtick.color": ink("line"),
    "xtick.labelcolor": ink("muted"),
    "ytick.color": ink("line"),
    "ytick.labelcolor": ink("ink"),
    "ytick.major.size": 0.0,
    "ytick.minor.size": 0.0,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "text.color": ink("ink"),
    "hatch.linewidth": 0.9,
    "hatch.color": ink("hatch"),
    "legend.fontsize": 10.0,
    "legend.frameon": False,
}


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """matplotlib with nothing of the reader's own settings, and no complaint about letters it lacks."""
    with (
        matplotlib.style.context(["default", {**_STYLE, "svg.hashsalt": name}], after_reset=True),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        yield
