"""The verb that carries out a run, judges it and reports."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.command import options
from harness.command.locate import SCENARIO, locate
from harness.command.possible import possible_order
from harness.command.provable import need_provable, warn
from harness.refusal import escaped_lines

if TYPE_CHECKING:
    from rich.console import Console

    from harness.evidence.history import History
    from harness.evidence.rundir import RunDirectory
    from harness.releases.catalogue import Release
    from harness.run.conducted import Conducted
    from harness.run.order import Order, Says
    from harness.scenario import Scenario


@click.command()
@click.argument("scenario")
@click.option("--from", "from_", metavar="RELEASE", help="Series or version to start from, e.g. 2025.1.")
@click.option("--to", metavar="RELEASE", help="Series or version to reach, e.g. 2026.1.")
@options.SET
@options.GATE
@options.BASELINE
@options.OUT
@click.option("--live", is_flag=True, help="Serve a page on loopback that grows with the run.")
@click.option(
    "--live-port",
    type=click.IntRange(0, 65535),
    help="Port of that page (default: a free one); means --live.",
)
def run(
    scenario: str,
    from_: str | None,
    to: str | None,
    overrides: tuple[str, ...],
    gate: Path | None,
    earlier: Path | None,
    out: Path,
    live: bool,
    live_port: int | None,
) -> int:
    """Run SCENARIO (a TOML file, or the name of one that comes with the harness), judge it, report."""
    asked = {key: value for key, value in (("from", from_), ("to", to)) if value is not None}
    path = locate(scenario, SCENARIO)
    says = partial(_who_says, path, overrides, asked)
    # What is wrong with the order is told before anything that takes a second to import.
    settings = _settings(path, overrides, asked, gate)
    releases = _pair(settings, says)
    doubts = need_provable(settings, releases, path, overrides, gate, compared=earlier is not None)
    runs_before = _earlier_runs(earlier, settings, path, releases) if earlier is not None else None
    order = possible_order(settings, path, out, says, runs_before)
    warn(doubts)
    return _carry_out(order, live_port or 0 if live or live_port is not None else None)


def _who_says(path: Path, overrides: Sequence[str], asked: Mapping[str, str], key: str) -> str:
    from harness.scenario import who_says

    return who_says(key, path, overrides, asked)


def _settings(path: Path, overrides: Sequence[str], asked: Mapping[str, str], gate: Path | None) -> Scenario:
    """The scenario, under the gate of another file where one is given."""
    from harness.scenario import load_gate, load_scenario

    settings = load_scenario(path, overrides, asked)
    return settings if gate is None else settings.model_copy(update={"gate": load_gate(gate)})


def _pair(scenario: Scenario, says: Says) -> tuple[Release, Release]:
    from harness.run.beforehand import pair

    return pair(scenario, says)


def _earlier_runs(
    path: Path, scenario: Scenario, scenario_file: Path, releases: tuple[Release, Release]
) -> History:
    """The baseline, refused before anything is started if this run could not be compared with it."""
    from harness.evidence.history import read_history
    from harness.judge.comparable import need_comparable, settings_of
    from harness.scenario.users_digest import users_sha256

    from_, to = (release.version for release in releases)
    users = users_sha256(scenario, scenario_file)
    found = read_history(path)
    need_comparable(found, settings_of(scenario.resolved(), from_, to, os.cpu_count(), users), path)
    return found


def _carry_out(order: Order, live_port: int | None) -> int:
    """Run it, judge it, report; returns the exit status."""
    from rich.console import Console

    from harness.command.judge import judge_and_report

    console = Console()
    conducted = _conducted(order, console, live_port)
    code = judge_and_report(conducted.run, console)
    if conducted.error is not None or conducted.left:
        click.echo(f"harness: {escaped_lines(conducted.words)}", err=True)
    return code if conducted.exit_code is None else conducted.exit_code


def _conducted(order: Order, console: Console, live_port: int | None) -> Conducted:
    beside = _page_beside(console, live_port) if live_port is not None else None
    from harness.run.conduct import conduct
    from harness.run.terminal_view import LiveView
    from harness.run.terminal_watcher import TerminalWatcher

    watchers = [TerminalWatcher(LiveView(console))]
    return conduct(order, watchers, beside) if beside else conduct(order, watchers)


def _page_beside(console: Console, port: int) -> Callable[[RunDirectory], AbstractContextManager[None]]:
    """Take the port, tell the address, and serve the page of the run to come."""
    from harness.report.live.process import listen, served

    address = listen(port)
    # On the terminal only: whoever has the address can read the run.
    console.print(f"Live page, for this machine only: {address.url}", soft_wrap=True, highlight=False)
    return partial(served, address)
