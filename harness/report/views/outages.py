"""Each outage with everything known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.judge.downtime import Downtime, Outage
from harness.judge.model import Judgement
from harness.report.text import NONE, RunTimes, count, counted, one_line, printable, seconds, words
from harness.report.views.rows import Row, data_attributes, node_and_release

OUTAGES_IN_FULL = 20
"""So many outages are shown each with everything known of it; the rest, as in a flapping run, as rows."""

MORE_COLUMNS = (
    "Disruption", "Length", "Began", "Ended", "Lasted at least", "Failed or unknown", "During", "Node",
    "Errors", "Lanes", "Cause",
)  # fmt: skip
"""Of the outages that stand as rows."""


@dataclass(frozen=True, slots=True)
class OutageView:
    """One outage, everything known of it."""

    number: int
    title: str
    cause: str
    facts: tuple[tuple[str, str], ...]
    examples: tuple[str, ...]
    data: Mapping[str, str]


def outage_views(judgement: Judgement, times: RunTimes) -> list[OutageView]:
    """Every outage in order of time."""
    return [
        _outage_view(number, outage, times)
        for number, outage in enumerate(judgement.downtime.outages, start=1)
    ]


def _outage_view(number: int, outage: Outage, times: RunTimes) -> OutageView:
    where = f" on {one_line(outage.node)}" if outage.node else ""
    word = "Down" if outage.down else "Disrupted"
    end = _instant(outage.end_ns, times)
    if outage.open_ended:
        end = f"not seen to end; evidence ends at {end}"
    blame = "" if outage.charged else ", laid to the machine and not charged"
    facts = (
        ("Began", _instant(outage.start_ns, times)),
        ("Ended", end),
        ("Lasted at least", seconds(outage.inner_s)),
        ("Failed or unknown", f"{count(outage.requests)} of {counted(outage.due, 'request')} due meanwhile"),
        ("During", " / ".join(words(part) for part in (outage.phase, outage.step) if part) or NONE),
        ("Node and its release", node_and_release(outage.node, outage.release)),
        (
            "Errors",
            ", ".join(f"{count(n)} \N{MULTIPLICATION SIGN} {words(error)}" for error, n in outage.errors),
        ),
        ("Lanes", ", ".join(one_line(lane) for lane in outage.lanes)),
    )
    return OutageView(
        number,
        f"{word} for {lasted(outage)}{where}{blame}",
        printable(outage.cause),
        facts,
        tuple(one_line(example) for example in outage.examples),
        data_attributes(phase=outage.phase, node=outage.node, start_ns=outage.start_ns, end_ns=outage.end_ns),
    )


def lasted(outage: Outage) -> str:
    """The length of its outer bound: `at most 1.20 s`."""
    return f"{'more than' if outage.open_ended else 'at most'} {seconds(outage.duration_s)}"


def _instant(mono_ns: int, times: RunTimes) -> str:
    return f"{times.at(mono_ns)} ({times.utc(mono_ns)} UTC)"


def left_out_words(downtime: Downtime) -> str:
    """Says so where there are more outages than the judge lists; empty where there are not."""
    if not downtime.left_out:
        return ""
    return (
        f"the {count(downtime.left_out)} shortest of {counted(downtime.total, 'disruption')} are not listed"
    )


def outage_rows(views: Sequence[OutageView]) -> list[Row]:
    """A row an outage, for those that are not shown in full."""
    return [
        Row((f"#{shown.number}", shown.title, *(value for _, value in shown.facts), shown.cause), shown.data)
        for shown in views
    ]
