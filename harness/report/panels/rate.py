"""The panel of the request rate: who answered, old release giving way to new."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from harness.report.palette import ink
from harness.report.panels.canvas import probed_ns
from harness.report.panels.panel import Panel, legend, say_nothing_recorded
from harness.report.text import shortened

_UNANSWERED = "none"
"""Release of a request that no node answered."""
_HATCHES = {"out": "---", "mark": "////"}


class RatePanel(Panel):
    """Requests a second, stacked by the release that answered, failed ones on top."""

    title = "Requests per second"
    summary = "requests per second by the release that answered, failed ones on top"

    @property
    def height(self) -> float:
        """Points."""
        return 104.0

    def draw(self, axes: Axes) -> None:
        """Stacked steps, one layer per release."""
        layers = self._layers()
        if layers.empty:
            say_nothing_recorded(axes, "No request was recorded")
            return
        edges_s = np.append(layers.index.to_numpy(), layers.index[-1] + self._bucket_s)
        below = np.zeros(len(layers))
        handles = []
        for name in layers.columns:
            above = below + layers[name].to_numpy()
            fill = self._fill(name)
            face, edge, hatch = ink(fill), ink("surface"), _HATCHES.get(fill)
            axes.fill_between(
                edges_s,
                np.append(below, below[-1]),
                np.append(above, above[-1]),
                step="post",
                lw=0,
                facecolor=face,
                edgecolor=edge,
                hatch=hatch,
            )
            label = shortened(self._words(name), 22)
            handles.append(Patch(label=label, linewidth=0, facecolor=face, edgecolor=edge, hatch=hatch))
            below = above
        axes.set_ylim(0, max(below.max() * 1.08, 1))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.grid(axis="y", color=ink("grid"), linewidth=0.7)
        legend(axes, handles[::-1])

    @property
    def _bucket_s(self) -> float:
        return self.judgement.series.bucket_ns / 1e9

    def _layers(self) -> pd.DataFrame:
        """Requests a second: a row per bucket (seconds into the run), a column per layer, lowest first."""
        rate = self.judgement.series.rate
        start_ns, end_ns = probed_ns(self.judgement)
        last = rate["bucket"] + self.judgement.series.bucket_ns
        # A bucket that the run began or ended in the midst of is left out: it would look like a dip.
        shown = (rate["bucket"] < self.window.end_ns) & (last > self.window.start_ns)
        whole = rate[shown & (rate["bucket"] >= start_ns) & (last <= end_ns)]
        if whole.empty:
            return pd.DataFrame()
        answered = whole.assign(answered=whole["requests"] - whole["failed"])
        table = answered.pivot_table(
            index="bucket", columns="release", values="answered", aggfunc="sum", fill_value=0
        )
        table["failed"] = whole.groupby("bucket")["failed"].sum()
        buckets = range(int(table.index.min()), int(table.index.max()) + 1, self.judgement.series.bucket_ns)
        table = table.reindex(buckets, fill_value=0) / self._bucket_s
        table.index = pd.Index([self.window.second(bucket) for bucket in buckets])
        table = table[[name for name in sorted(table.columns, key=self._order) if table[name].any()]]
        return table if len(table.columns) else pd.DataFrame()

    def _order(self, name: str) -> tuple[int, str]:
        manifest = self.judgement.manifest
        places = {manifest.from_.version: 0, manifest.to.version: 1, _UNANSWERED: 3, "failed": 4}
        return places.get(name, 2), name

    def _fill(self, name: str) -> str:
        return {0: "old", 1: "new", 2: "starting", 3: "out", 4: "mark"}[self._order(name)[0]]

    @staticmethod
    def _words(name: str) -> str:
        return {"failed": "failed", _UNANSWERED: "no node named"}.get(name, f"answered by {name}")
