"""The verb that carries out a run, judges it and reports."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.command import options
from harness.command.locate import SCENARIO, locate
from harness.command.provable import need_provable
from harness.refusal import escaped_lines

if TYPE_CHECKING:
    from rich.console import Console

    from harness.evidence.history import History
    from harness.evidence.rundir import RunDirectory
    from harness.run.conducted import Conducted
    from harness.run.order import Order
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
    pair = [f"{key}={value}" for key, value in (("from", from_), ("to", to)) if value]
    path = locate(scenario, SCENARIO)
    # What is wrong with the order is told before anything that takes a second to import.
    settings = _settings(path, [*overrides, *pair], gate)
    need_provable(settings, path, [*overrides, *pair], gate, compared=earlier is not None)
    runs_before = _earlier_runs(earlier, settings) if earlier is not None else None
    port = live_port or 0 if live or live_port is not None else None
    return _carry_out(settings, path, out, port, runs_before)


def _settings(path: Path, overrides: Sequence[str], gate: Path | None) -> Scenario:
    """The scenario, under the gate of another file where one is given, with a pair that upstream supports."""
    from harness.releases.catalogue import load_catalogue
    from harness.scenario import load_gate, load_scenario

    settings = load_scenario(path, overrides)
    if gate is not None:
        settings = settings.model_copy(update={"gate": load_gate(gate)})
    catalogue = load_catalogue()
    catalogue.check_pair(catalogue.find(settings.from_), catalogue.find(settings.to))
    return settings


def _earlier_runs(path: Path, scenario: Scenario) -> History:
    """The baseline, refused before anything is started if this run could not be compared with it."""
    from harness.evidence.history import read_history
    from harness.judge.comparable import need_comparable, settings_of
    from harness.releases.catalogue import load_catalogue

    catalogue = load_catalogue()
    versions = [catalogue.find(name).version for name in (scenario.from_, scenario.to)]
    found = read_history(path)
    need_comparable(found, settings_of(scenario.resolved(), versions[0], versions[1], os.cpu_count()), path)
    return found


def _carry_out(
    settings: Scenario, path: Path, out: Path, live_port: int | None, runs_before: History | None
) -> int:
    """Run it, judge it, report; returns the exit status."""
    from rich.console import Console

    from harness.command.judge import judge_and_report
    from harness.releases.prepare import default_home
    from harness.run.order import Order

    order = Order(
        scenario=settings,
        scenario_file=path,
        home=default_home(),
        out=out,
        command=("harness", *sys.argv[1:]),
        earlier=runs_before,
    )
    console = Console()
    conducted = _conducted(order, console, live_port)
    code = judge_and_report(conducted.run, console)
    if conducted.error is not None or conducted.left:
        click.echo(f"harness: {escaped_lines(conducted.words)}", err=True)
    return code if conducted.exit_code is None else conducted.exit_code


def _conducted(order: Order, console: Console, live_port: int | None) -> Conducted:
    from harness.run.conduct import conduct
    from harness.run.terminal_view import LiveView
    from harness.run.terminal_watcher import TerminalWatcher

    beside = _page_beside(console, live_port) if live_port is not None else None
    watchers = [TerminalWatcher(LiveView(console))]
    return conduct(order, watchers, beside) if beside else conduct(order, watchers)


def _page_beside(console: Console, port: int) -> Callable[[RunDirectory], AbstractContextManager[None]]:
    """Take the port, tell the address, and serve the page of the run to come."""
    from harness.report.live.process import listen, served

    address = listen(port)
    # On the terminal only: whoever has the address can read the run.
    console.print(f"Live page, for this machine only: {address.url}", soft_wrap=True, highlight=False)
    return partial(served, address)
