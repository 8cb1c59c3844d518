"""The panel of the nodes: what each was doing and which release it ran."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from harness.judge.model import NodeState
from harness.report.marks import SERVING_NEW, SERVING_OLD, STATES, StateLook
from harness.report.palette import ink
from harness.report.panels.panel import Panel, legend, rows, say_nothing_recorded
from harness.report.text import shortened, words

_UNKNOWN = StateLook("line", "ink", "xx", "unknown state")


class NodesPanel(Panel):
    """A lane per node; a bar's colour, hatching and words are its state."""

    title = "Nodes"
    summary = "what each node was doing and which release it ran"

    @property
    def height(self) -> float:
        """Points; at least enough for the legend beside it."""
        return max(26.0 * len(self.judgement.manifest.nodes), 16.0 * len(self._looks()) + 4)

    def draw(self, axes: Axes) -> None:
        """A bar per stretch, named where there is room."""
        nodes = list(self.judgement.manifest.nodes)
        rows(axes, [shortened(node, 22) for node in nodes])
        if not self._visible():
            say_nothing_recorded(axes, "The journal tells nothing of the nodes")
            return
        for state in self._visible():
            if state.node in nodes:
                self._bar(axes, nodes.index(state.node), state)
        legend(
            axes,
            [
                Patch(
                    facecolor=ink(look.fill),
                    edgecolor=ink(look.text),
                    hatch=look.hatch and look.hatch * 2,
                    linewidth=0,
                    label=shortened(label, 22),
                )
                for label, look in self._looks().items()
            ],
        )

    def _visible(self) -> list[NodeState]:
        return [s for s in self.judgement.timeline.nodes if self.window.touches(s.start_ns, s.end_ns)]

    def _looks(self) -> dict[str, StateLook]:
        """Legend: every state that is to be seen, serving first."""
        found: dict[str, StateLook] = {}
        for state in sorted(self._visible(), key=lambda state: (state.state != "serving", state.start_ns)):
            look = self._look(state)
            serving = f"serves {state.release}"
            found.setdefault(serving if state.state == "serving" else look.words, look)
        return found

    def _look(self, state: NodeState) -> StateLook:
        if state.state == "serving":
            is_old = state.release == self.judgement.manifest.from_.version
            return SERVING_OLD if is_old else SERVING_NEW
        return STATES.get(state.state, _UNKNOWN)

    def _bar(self, axes: Axes, row: int, state: NodeState) -> None:
        look = self._look(state)
        left_s, right_s = self.window.span_s(state.start_ns, state.end_ns)
        axes.barh(
            row,
            right_s - left_s,
            left=left_s,
            height=0.72,
            color=ink(look.fill),
            edgecolor=ink(look.text),
            hatch=look.hatch,
            linewidth=0,
            zorder=3,
        )
        label = shortened(state.release, 24) if state.state == "serving" else words(state.state)
        width = self.window.points(right_s) - self.window.points(left_s)
        if width < len(label) * 6.4 + 8:
            return
        text = axes.text(
            (left_s + right_s) / 2,
            row,
            label,
            ha="center",
            va="center_baseline",
            fontsize=10,
            color=ink(look.text),
            zorder=4,
        )
        if look.hatch:
            text.set_bbox({"facecolor": ink(look.fill), "edgecolor": "none", "pad": 1.5})
