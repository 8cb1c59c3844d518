"""What was measured beside the outcomes of requests."""

from __future__ import annotations

from dataclasses import dataclass

from harness.evidence.database import LockHolder
from harness.evidence.names import Role
from harness.judge.model import Judgement, LaneStats, Verdict
from harness.judge.observations import Change, Impact, LockWait, Masked, PhaseActivity, ReleaseShare, Stutter
from harness.report.text import NONE, RunTimes, count, counted, milliseconds, one_line, seconds, words
from harness.report.views.rows import Row, data_attributes
from harness.statistics.twosample import Interval

IMPACT_COLUMNS = (
    "Phase",
    "Lane",
    "Change",
    "Answers",
    "In baseline",
    "Median ms",
    "In baseline",
    "Shift ms (95 %)",
    "Took longer (95 %)",
    "p",
    "Limit ms",
    "Outliers over it",
    "In baseline",
    "p of outliers",
)
MASKED_COLUMNS = (
    "Server",
    "Phase",
    "Step",
    "Retried",
    "Redispatched",
    "Refused",
    "Response errors",
    "Own 5xx",
)
WAIT_COLUMNS = ("From", "Waited", "During", "Whose", "State", "Statement", "Held by")
ACTIVITY_COLUMNS = ("Phase", "Samples", "Longest gap", "Open transactions, most", "Oldest transaction")
PING_COLUMNS = (
    "Phase", "Lane", "Pings", "Failed", "Unknown", "Unsent", "p50 ms", "p99 ms", "Max ms", "Longest gap",
)  # fmt: skip
STUTTER_COLUMNS = ("From", "Lasted", "Pings")
_VERDICTS = {
    Change.SLOWER: Verdict.FAIL,
    Change.OUTLIERS: Verdict.FAIL,
    Change.LOW_POWER: Verdict.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class Beside:
    """The tables of the section."""

    impacts: tuple[Row, ...]
    masked: tuple[Row, ...]
    masked_samples: int
    share_columns: tuple[str, ...]
    shares: tuple[Row, ...]
    waits: tuple[Row, ...]
    activity: tuple[Row, ...]
    """A row a phase; none where the database was not watched."""
    pings: tuple[Row, ...]
    """A row a phase and lane of the reference target, then the whole run."""
    pings_told: str
    pings_are_bad: bool
    stutters: tuple[Row, ...]
    impact_columns: tuple[str, ...] = IMPACT_COLUMNS
    masked_columns: tuple[str, ...] = MASKED_COLUMNS
    wait_columns: tuple[str, ...] = WAIT_COLUMNS
    activity_columns: tuple[str, ...] = ACTIVITY_COLUMNS
    ping_columns: tuple[str, ...] = PING_COLUMNS
    stutter_columns: tuple[str, ...] = STUTTER_COLUMNS


def beside(judgement: Judgement, times: RunTimes) -> Beside:
    """Everything that the section shows."""
    phases, releases = judgement.database.phases, _releases(judgement)
    watched = any(phase.samples for phase in phases)
    return Beside(
        impacts=tuple(_impact_row(impact) for impact in judgement.impacts),
        masked=tuple(_masked_row(masked) for masked in judgement.masked.rows),
        masked_samples=judgement.masked.samples,
        share_columns=("Step", "Node", "Took", *(f"By {one_line(name)}" for name in releases), "By nobody"),
        shares=tuple(_share_row(share, releases) for share in judgement.shares),
        waits=tuple(_wait_row(wait, times) for wait in judgement.database.waits),
        activity=tuple(_activity_row(phase) for phase in phases) if watched else (),
        pings=tuple(_ping_row(stats) for stats in judgement.lanes if stats.role is Role.REFERENCE),
        pings_told=_pings_told(judgement),
        pings_are_bad=judgement.reference.without_success > 0,
        stutters=tuple(_stutter_row(stutter, times) for stutter in judgement.stutters.listed),
    )


def _pings_told(judgement: Judgement) -> str:
    """How many pings and stutters there were; the judge tells only so many stutters one by one."""
    pings, stutters = judgement.reference, judgement.stutters
    listed = f", the {count(len(stutters.listed))} longest of them told" if stutters.left_out else ""
    return (
        f"{counted(pings.sent, 'ping')} of the reference target, {count(pings.without_success)} failed; "
        f"{counted(stutters.total, 'stutter')} of the machine{listed}"
    )


def _impact_row(impact: Impact) -> Row:
    change = str(impact.change) + (", the reference as well" if impact.reference_as_well else "")
    compared = impact.limit_ms is not None
    cells = (
        words(impact.phase),
        one_line(impact.lane),
        change,
        count(impact.samples),
        count(impact.baseline_samples),
        milliseconds(impact.median_ms),
        milliseconds(impact.baseline_median_ms),
        _milliseconds(impact.shift_ms),
        _share(impact.superiority),
        _p(impact.p_value),
        milliseconds(impact.limit_ms),
        count(impact.over) if compared else NONE,
        count(impact.baseline_over) if compared else NONE,
        _p(impact.tail_p_value),
    )
    verdict = Verdict.INCONCLUSIVE if impact.reference_as_well else _VERDICTS.get(impact.change)
    return Row(cells, data_attributes(phase=impact.phase, lane=impact.lane, change=impact.change), verdict)


def _milliseconds(interval: Interval | None) -> str:
    if interval is None:
        return NONE
    return f"{interval.estimate:+,.0f} ({interval.low:+,.0f} to {interval.high:+,.0f})"


def _share(interval: Interval | None) -> str:
    if interval is None:
        return NONE
    return f"{interval.estimate:.0%} ({interval.low:.0%} to {interval.high:.0%})"


def _p(value: float | None) -> str:
    if value is None:
        return NONE
    return "< 0.0001" if value < 0.0001 else f"{value:.2g}"


def _masked_row(masked: Masked) -> Row:
    step = " on ".join(one_line(part) for part in (words(masked.step or ""), masked.node) if part) or NONE
    cells = (
        one_line(masked.server),
        words(masked.phase),
        step,
        count(masked.retried),
        count(masked.redispatched),
        count(masked.refused),
        count(masked.response_errors),
        count(masked.answered_5xx),
    )
    return Row(cells, data_attributes(phase=masked.phase, step=masked.step, node=masked.node))


def _releases(judgement: Judgement) -> list[str]:
    return sorted({release for share in judgement.shares for release, number in share.answered if number})


def _share_row(share: ReleaseShare, releases: list[str]) -> Row:
    answered = dict(share.answered)
    numbers = [answered.get(release, 0) for release in releases]
    cells = (
        words(share.step),
        one_line(share.node or NONE),
        seconds((share.end_ns - share.start_ns) / 1e9),
        *(_part(number, share.requests) for number in (*numbers, share.unattributed)),
    )
    return Row(cells, data_attributes(step=share.step, node=share.node))


def _part(number: int, total: int) -> str:
    return f"{count(number)} ({number / total:.0%})" if total else NONE


def _wait_row(wait: LockWait, times: RunTimes) -> Row:
    cells = (
        times.at(wait.start_ns),
        seconds(wait.waited_s),
        " / ".join(words(part) for part in (wait.phase, wait.step) if part),
        one_line(wait.program or wait.account),
        one_line(wait.state),
        one_line(wait.statement),
        ", ".join(map(_holder, wait.holders)) or NONE,
    )
    return Row(cells, data_attributes(phase=wait.phase, step=wait.step))


def _holder(holder: LockHolder) -> str:
    return one_line(f"{holder.program or holder.account} ({holder.lock})")


def _activity_row(phase: PhaseActivity) -> Row:
    cells = (
        words(phase.phase),
        count(phase.samples),
        seconds(phase.gap_s_max),
        count(phase.transactions_max),
        seconds(phase.oldest_transaction_s),
    )
    return Row(cells, data_attributes(phase=phase.phase))


def _ping_row(stats: LaneStats) -> Row:
    cells = (
        "whole run" if stats.phase is None else words(stats.phase),
        one_line(stats.lane),
        count(stats.sent),
        count(stats.failed),
        count(stats.unknown),
        count(stats.unsent),
        milliseconds(stats.latency_ms_p50),
        milliseconds(stats.latency_ms_p99),
        milliseconds(stats.latency_ms_max),
        seconds(stats.gap_s_max),
    )
    data = data_attributes(phase=stats.phase or "whole-run", pings=stats.sent)
    return Row(cells, data, Verdict.INCONCLUSIVE if stats.without_success or stats.unsent else None)


def _stutter_row(stutter: Stutter, times: RunTimes) -> Row:
    lasted_s = (stutter.end_ns - stutter.start_ns) / 1e9
    return Row((times.at(stutter.start_ns), seconds(lasted_s), count(stutter.requests)), {})
