"""Runs put into arms by what differs in their settings, and the refusals of what can not be compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.compare.measured import Measured
from harness.compare.settings import BOUNDS, DRAINED, PAIR, key_of, word
from harness.errors import UsageError
from harness.judge.comparable import USERS_DIGEST, USERS_FILE, differing
from harness.judge.copies import need_distinct
from harness.judge.words import listed
from harness.report.views.run import description_of

PAIR_WORD = "pair"
"""What `--by` calls the releases together."""
_ALSO = {PAIR_WORD: {*PAIR}, USERS_FILE: {USERS_FILE, USERS_DIGEST}}
"""Words for several keys: a file of users is told by its digest where that is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """Runs with the same settings."""

    name: str
    settings: tuple[tuple[str, str], ...]
    """The keys by which the arms differ, and this arm's values, as words."""
    description: str
    """What its runs say of themselves; empty where they say nothing, or not the same."""
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
    need_distinct((run.path, run.judgement.manifest) for run in runs)
    found = differing([run.settings for run in runs])
    _need_judged_alike(runs, found)
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


def _need_judged_alike(runs: Sequence[Measured], found: Sequence[str]) -> None:
    """A bound is no arm: what differs then is the judge, and not what was run."""
    bound = next((key for key in found if key.startswith(BOUNDS)), None)
    if bound is not None:
        raise UsageError(
            f"{_unlike(runs, bound)}; runs are compared by one measure, so give all of them the same bound "
            f"with --set {bound}=VALUE."
        )


def _unlike(runs: Sequence[Measured], key: str) -> str:
    """The first two runs that differ in a key: `a and b differ in roll.settle_s, 3 against 9`."""
    pair = next(two for two in combinations(runs, 2) if key in differing([run.settings for run in two]))
    names, values = [run.name for run in pair], [word(run.settings, key) for run in pair]
    return f"{' and '.join(names)} differ in {key}, {' against '.join(values)}"


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
        meant = _ALSO.get(asked) or {key for key in known if key == asked or key.startswith(f"{asked}.")}
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
    more = f" (and in {listed(others[1:])})" if others[1:] else ""
    return (
        f"{_unlike(runs, others[0])}{more}; arms may differ in {listed(keys)} "
        "alone, so leave out one side, or name with --by what belongs together."
    )


def _arms(runs: Sequence[Measured], keys: Sequence[str]) -> tuple[Arm, ...]:
    members: dict[tuple[str, ...], list[Measured]] = {}
    for run in runs:
        members.setdefault(key_of(run.settings, keys), []).append(run)
    names = _names(list(members.values()), keys)
    return tuple(_arm(name, keys, arm) for name, arm in zip(names, members.values(), strict=True))


def _arm(name: str, keys: Sequence[str], runs: Iterable[Measured]) -> Arm:
    ordered = tuple(sorted(runs, key=lambda run: run.judgement.manifest.clock.wall_ns))
    settings = ordered[0].settings
    return Arm(
        name=name,
        settings=tuple((key, word(settings, key)) for key in keys),
        description=_description(ordered),
        drained=_is_drained(ordered[0]),
        runs=ordered,
    )


def _description(runs: Sequence[Measured]) -> str:
    told = {description_of(run.judgement.manifest) for run in runs}
    return told.pop() if len(told) == 1 else ""


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
        return [" to ".join(word(arm[0].settings, key) for key in PAIR) for arm in arms]
    return [", ".join(f"{key}={word(arm[0].settings, key)}" for key in keys) for arm in arms]
