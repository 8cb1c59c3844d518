"""Runs put into arms by what differs in their settings, and the refusals of what can not be compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.compare.measured import Measured
from harness.compare.settings import DRAINED, NOT_SET, PAIR, key_of, varying, word
from harness.errors import UsageError
from harness.judge.words import listed

PAIR_WORD = "pair"
"""What `--by` calls the releases together."""


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """Runs with the same settings."""

    name: str
    settings: tuple[tuple[str, str], ...]
    """The keys by which the arms differ, and this arm's values, as words."""
    drained: bool
    runs: tuple[Measured, ...]
    """In the order in which they were begun."""


@dataclass(frozen=True, slots=True, eq=False)
class Arms:
    """At least two arms that differ in `by` and in nothing else."""

    by: tuple[str, ...]
    arms: tuple[Arm, ...]
    """The first is the one that the others are held against."""

    @property
    def about_draining(self) -> bool:
        """Whether the arms are a drained roll and one that is not, and nothing else."""
        return self.by == (DRAINED,) and sorted(arm.drained for arm in self.arms) == [False, True]


def group(runs: Sequence[Measured], by: Sequence[str] = ()) -> Arms:
    """Put runs into arms, in the order in which the runs are given.

    Args:
        runs: each fit by itself.
        by: keys of the scenario, tables of it, or `pair`, by which the arms may differ; none: found out.

    Raises:
        UsageError: one run given twice, only one arm, or arms that differ in more than they are compared by.
    """
    _need_distinct(runs)
    found = varying(run.settings for run in runs)
    if not found:
        raise UsageError(
            f"all {len(runs)} runs have the same settings, so there is only one arm; "
            "give runs that differ in what you want to compare."
        )
    keys = _by(runs, by, found) if by else _guessed(found)
    others = [key for key in found if key not in keys]
    if others:
        raise UsageError(_differ_too(runs, keys, others))
    return Arms(keys, _arms(runs, keys))


def _need_distinct(runs: Sequence[Measured]) -> None:
    seen: dict[tuple[int, int], Measured] = {}
    for run in runs:
        # Both clocks of the run's beginning, to the nanosecond: a copy has them, another run has not.
        clock = run.judgement.manifest.clock
        earlier = seen.setdefault((clock.wall_ns, clock.mono_ns), run)
        if earlier is not run:
            raise UsageError(
                f"{run.path}: is the same run as {earlier.path}, and one run counts once; "
                "leave one of them out."
            )


def _guessed(found: Sequence[str]) -> tuple[str, ...]:
    if DRAINED in found:
        return (DRAINED,)
    if set(found) <= set(PAIR):
        return tuple(found)
    if len(found) == 1:
        return (found[0],)
    raise UsageError(
        f"the runs differ in {listed(found)}, and what is found could be due to any of them; say with --by "
        "which belong together as the thing compared, and leave out runs that differ in anything else."
    )


def _by(runs: Sequence[Measured], by: Sequence[str], found: Sequence[str]) -> tuple[str, ...]:
    """Keys that vary, of those asked for."""
    known = {key for run in runs for key in run.settings}
    keys: set[str] = set()
    for asked in by:
        meant = (
            set(PAIR) if asked == PAIR_WORD else {k for k in known if k == asked or k.startswith(f"{asked}.")}
        )
        if not meant:
            raise UsageError(
                f"--by {asked}: the runs have no such setting; they differ in {listed(found)} "
                f"({PAIR_WORD} stands for from and to)."
            )
        if not meant & set(found):
            raise UsageError(
                f"--by {asked}: all runs have the same there, so there is only one arm; "
                f"they differ in {listed(found)}."
            )
        keys |= meant & set(found)
    return tuple(sorted(keys))


def _differ_too(runs: Sequence[Measured], keys: Sequence[str], others: Sequence[str]) -> str:
    key = others[0]
    first = runs[0]
    other = next(run for run in runs if key_of(run.settings, [key]) != key_of(first.settings, [key]))
    values = " against ".join(word(run.settings.get(key, NOT_SET)) for run in (first, other))
    more = f" (and in {listed(others[1:])})" if others[1:] else ""
    return (
        f"{first.name} and {other.name} differ in {key}, {values}{more}; arms may differ in {listed(keys)} "
        "alone, so leave out one side, or name with --by what belongs together."
    )


def _arms(runs: Sequence[Measured], keys: Sequence[str]) -> tuple[Arm, ...]:
    members: dict[tuple[bytes, ...], list[Measured]] = {}
    for run in runs:
        members.setdefault(key_of(run.settings, keys), []).append(run)
    names = _names(list(members.values()), keys)
    return tuple(_arm(name, keys, arm) for name, arm in zip(names, members.values(), strict=True))


def _arm(name: str, keys: Sequence[str], runs: Iterable[Measured]) -> Arm:
    ordered = tuple(sorted(runs, key=lambda run: run.judgement.manifest.clock.wall_ns))
    settings = ordered[0].settings
    return Arm(
        name=name,
        settings=tuple((key, word(settings.get(key, NOT_SET))) for key in keys),
        drained=_is_drained(ordered[0]),
        runs=ordered,
    )


def _is_drained(run: Measured) -> bool:
    return run.judgement.manifest.stored.roll.drained


def _names(arms: Sequence[Sequence[Measured]], keys: Sequence[str]) -> list[str]:
    """What the scenarios of each arm are called, where that tells the arms apart; otherwise their values."""
    scenarios = [{run.judgement.manifest.stored.name for run in arm} for arm in arms]
    names = [next(iter(each)) for each in scenarios if len(each) == 1]
    if len(set(names)) == len(arms) and all(names):
        return names
    if tuple(keys) == (DRAINED,):
        return ["drained" if _is_drained(arm[0]) else "undrained" for arm in arms]
    if set(keys) <= set(PAIR):
        return [f"{arm[0].settings['from']} to {arm[0].settings['to']}" for arm in arms]
    return [", ".join(f"{key}={word(arm[0].settings.get(key, NOT_SET))}" for key in keys) for arm in arms]
