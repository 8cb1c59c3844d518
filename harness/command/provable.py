"""Refuses an order that can never pass, and names the file or the option that makes it so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.errors import UsageError
from harness.refusal import escaped

if TYPE_CHECKING:
    from harness.releases.catalogue import Release
    from harness.run.unprovable import Objection
    from harness.scenario import Scenario

_KEY = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")
"""A dotted key, as sentences name them."""


def need_provable(
    settings: Scenario,
    releases: tuple[Release, Release],
    path: Path,
    overrides: Sequence[str],
    gate: Path | None,
    *,
    compared: bool,
) -> tuple[str, ...]:
    """What is unlikely to pass or to mean anything, a sentence each, for `warn` once nothing is refused.

    Args:
        settings: what is to be run, with gate and overrides.
        releases: what it goes from, and to.
        path: the scenario.
        overrides: what was given with `--set`, in order.
        gate: the file of the gate, where that is another one.
        compared: whether there are earlier runs to compare with.

    Raises:
        UsageError: no run of it can pass, whatever Keystone does.
    """
    from harness.run.unprovable import doubtful, unprovable

    if found := unprovable(settings, *releases):
        told = "; and ".join(f"{each.key}: {each.sentence}" for each in found)
        source = _source(found[0], path, overrides, gate)
        raise UsageError(f"{source}: no run of this can pass: {told}.")
    doubts = doubtful(settings, *releases, compared=compared)
    return tuple(
        f"{_source(each, path, overrides, gate)}: warning: {each.key}: {each.sentence}." for each in doubts
    )


def warn(doubts: Iterable[str]) -> None:
    """Tell them on standard error; a refusal would have been the only line there."""
    for doubt in doubts:
        click.echo(escaped(f"harness: {doubt}"), err=True)


def _source(objection: Objection, path: Path, overrides: Sequence[str], gate: Path | None) -> str:
    """Who said it: the gate's file, the last `--set` of a key that the sentence names, or the scenario."""
    from harness.scenario.reading import named, parse_override

    if gate is not None and objection.key.startswith("gate."):
        return str(gate)
    keys = {objection.key, *_KEY.findall(objection.sentence)}
    for override in reversed(overrides):
        if ".".join(parse_override(override)[0]) in keys:
            return named(override)
    return str(path)
