"""The verbs of the `harness` command.

What a verb needs is imported when it is called: pandas, scipy and matplotlib take seconds that
`harness check` and a refused input have no use for.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from harness import __version__
from harness.command.compare import compare
from harness.command.controls import controls
from harness.command.terminal import Terminal
from harness.deployment.local import lab
from harness.deployment.local.install import install_missing
from harness.deployment.local.record import Owner, Standing
from harness.deployment.local.requirements import missing_programs
from harness.deployment.local.settings import LocalSettings
from harness.errors import ExitCode, HarnessError, UsageError
from harness.evidence.manifest import is_running, read_manifest
from harness.evidence.rundir import RunDirectory, open_run_directory
from harness.releases.catalogue import Release, load_catalogue
from harness.releases.migrations import pending
from harness.releases.prepare import default_home, is_prepared, prepare
from harness.scenario import Scenario, load_gate, load_scenario
from harness.scenario.gate import GateSettings

if TYPE_CHECKING:
    from harness.judge.earlier.baseline_file import Baseline

_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder that gets <scenario>/<UTC stamp>/.",
)
_GATE = click.option(
    "--gate",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with a table [gate] that stands in for the scenario's.",
)
_BASELINE = click.option(
    "--baseline",
    "earlier",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Earlier runs to compare with: a file that `harness baseline` wrote.",
)
_SET = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key, e.g. roll.settle_s=5."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
def cli() -> None:
    """Upgrade a real Keystone under load and prove whether there was downtime.

    Exit status: 0 pass, 1 fail, 2 usage, 3 inconclusive, 4 harness error.
    """


@cli.command()
@click.argument("scenario")
@click.option("--from", "from_", metavar="RELEASE", help="Series or version to start from, e.g. 2025.1.")
@click.option("--to", metavar="RELEASE", help="Series or version to reach, e.g. 2026.1.")
@_SET
@_GATE
@_BASELINE
@_OUT
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
) -> None:
    """Run SCENARIO (a TOML file, or the name of one that comes with the harness), judge it, report."""
    from harness.run.conduct import Order, conduct
    from harness.run.terminal_view import LiveView
    from harness.run.terminal_watcher import TerminalWatcher

    path = _scenario_path(scenario)
    pair = [f"{key}={value}" for key, value in (("from", from_), ("to", to)) if value]
    settings = load_scenario(path, [*overrides, *pair])
    if gate is not None:
        settings = settings.model_copy(update={"gate": load_gate(gate)})
    runs_before = _earlier_runs(earlier, settings) if earlier is not None else None
    order = Order(
        scenario=settings,
        scenario_file=path,
        home=default_home(),
        out=out,
        command=("harness", *sys.argv[1:]),
    )
    console = Terminal()
    beside = _page_beside(console, live_port or 0) if live or live_port is not None else None
    with LiveView(console) as view:
        watcher = TerminalWatcher(view)
        conducted = conduct(order, watcher, beside) if beside else conduct(order, watcher)
    if runs_before is not None:
        from harness.judge.earlier.baseline_file import write_baseline

        # With the run, so that whoever judges it again compares it with the same.
        write_baseline(runs_before, conducted.run.baseline)
    code = _judge(conducted.run, console)
    if conducted.error is not None or conducted.left:
        click.echo(f"harness: {conducted.words}", err=True)
    sys.exit(code if conducted.exit_code is None else conducted.exit_code)


@cli.command()
@click.argument("run", type=click.Path(path_type=Path))
@_SET
@_GATE
@_BASELINE
def judge(run: Path, overrides: tuple[str, ...], gate: Path | None, earlier: Path | None) -> None:
    """Judge a stored RUN again, also one whose harness was killed; rewrites verdict and reports."""
    from harness.judge.earlier.baseline_file import read_baseline

    other = load_gate(gate) if gate is not None else None
    runs_before = read_baseline(earlier) if earlier is not None else None
    stored = open_run_directory(run)
    if is_running(read_manifest(stored.manifest)):
        raise UsageError(f"{run}: this run still goes on; judge it once it has ended.")
    sys.exit(_judge(stored, Terminal(), overrides, other, runs_before))


@cli.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write."
)
def baseline(runs: tuple[Path, ...], output: Path) -> None:
    """Keep the figures of stored RUNs, for `--baseline` to compare later ones with."""
    from harness.judge.earlier.baseline_file import write_baseline
    from harness.judge.earlier.making import make_baseline

    made = make_baseline(runs)
    write_baseline(made, output)
    click.echo(f"{output}: a baseline of {len(made.runs)} runs.")


cli.add_command(compare)
cli.add_command(controls)


@cli.command()
@click.option(
    "--install",
    is_flag=True,
    help="Install what is missing: programs with apt where that is allowed, and the scenarios' releases.",
)
def check(install: bool) -> None:
    """Say whether this machine is ready, and what installs what is missing."""
    missing = missing_programs()
    if missing and install:
        install_missing(missing, report=click.echo)
        missing = missing_programs()
    if missing:
        raise UsageError("; ".join(f"{each.program} is missing: {each.install}" for each in missing) + ".")
    home, needed = default_home(), _releases_of_scenarios()
    for release in load_catalogue():
        if install and release in needed:
            prepare(release, home, report=click.echo)
        elif not install:
            ready = "prepared" if is_prepared(release, home) else "is prepared by the first run that needs it"
            click.echo(f"Keystone {release}: {ready}")
    click.echo("This machine is ready.")


@cli.group(invoke_without_command=True)
@click.pass_context
def releases(context: click.Context) -> None:
    """List the Keystone releases that are known, and what each supported upgrade migrates."""
    if context.invoked_subcommand is not None:
        return
    catalogue, home, console = load_catalogue(), default_home(), Terminal()
    table = Table("series", "version", "SLURP", "python", "served by", "prepared")
    for release in catalogue:
        prepared = "yes" if is_prepared(release, home) else "no"
        slurp = "yes" if release.slurp else "no"
        table.add_row(
            release.series, release.version, slurp, release.pythons[0], release.serves.name, prepared
        )
    console.print(table)
    pairs = Table("from", "to", "migrations")
    for older, newer in catalogue.pairs():
        if is_prepared(older, home) and is_prepared(newer, home):
            found = pending(prepare(older, home, report=click.echo), prepare(newer, home, report=click.echo))
            words = "\n".join(f"{each.branch}: {each.title}" for each in found) or "none"
        else:
            words = f"known once both are prepared: harness releases prepare {older.series} {newer.series}"
        pairs.add_row(str(older), str(newer), words)
    console.print(pairs)


@releases.command("prepare")
@click.argument("names", nargs=-1, required=True, metavar="RELEASE...")
def prepare_releases(names: Sequence[str]) -> None:
    """Install releases, each in an environment of its own."""
    catalogue, home = load_catalogue(), default_home()
    for release in [catalogue.find(name) for name in names]:
        installed = prepare(release, home, report=click.echo)
        click.echo(f"Keystone {release}: {installed.prefix}")


@cli.group("lab")
def lab_group() -> None:
    """The local deployment alone, to poke at by hand."""


@lab_group.command()
@click.argument("scenario", default="drained")
@_SET
def up(scenario: str, overrides: tuple[str, ...]) -> None:
    """Start the deployment of SCENARIO on its `from` release and leave it running."""
    home = default_home()
    settings = load_scenario(_scenario_path(scenario), overrides)
    release = load_catalogue().find(settings.from_)
    logs = home / "lab-logs" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    deployment = lab.up(
        LocalSettings.of(settings.deployment, settings.balancer),
        release=release,
        to=None,
        home=home,
        logs=logs,
        owner=Owner.KEEP,
        report=click.echo,
    )
    click.echo(f"Lab {deployment.id} serves Keystone {release} at {deployment.url}/v3.")
    click.echo(f"The admin password is in {deployment.folder.secrets}, logs are in {logs}.")
    click.echo(f"Stop it with: harness lab down {deployment.id}")


@lab_group.command()
@click.argument("name", required=False)
def down(name: str | None) -> None:
    """Stop every deployment that `lab up` started, or the one NAMEd; nothing else."""
    home = default_home()
    kept = [each.id for each in lab.status(home) if each.standing is Standing.KEPT]
    names = [name] if name else kept
    if not names:
        click.echo("No lab runs.")
    for each in names:
        deployment = lab.attach(home, each)
        lab.need_not_owned(deployment)
        ended = deployment.down()
        click.echo(f"Lab {each} is down; ended: {', '.join(ended) or 'nothing, it did not run any more'}.")


@lab_group.command()
def status() -> None:
    """Show the deployments that run."""
    found = lab.status(default_home())
    if not found:
        click.echo("No lab runs.")
        return
    table = Table("lab", "standing", "release", "url", "started", "running", "logs")
    for each in found:
        running = ", ".join(each.running) or "nothing"
        table.add_row(each.id, each.standing, each.release, each.url, each.started, running, str(each.logs))
    Terminal().print(table)


def _page_beside(console: Console, port: int) -> Callable[[RunDirectory], AbstractContextManager[None]]:
    """Take the port, tell the address, and serve the page of the run to come."""
    from harness.report.live.process import listen, served

    address = listen(port)
    # On the terminal only: whoever has the address can read the run.
    console.print(f"Live page, for this machine only: {address.url}", soft_wrap=True, highlight=False)
    return partial(served, address)


def _judge(
    run: RunDirectory,
    console: Console,
    overrides: Sequence[str] = (),
    gate: GateSettings | None = None,
    earlier: Baseline | None = None,
) -> int:
    from harness.judge import judge_run, write_verdict
    from harness.report import print_summary, write_report

    judgement = judge_run(run, overrides, gate=gate, baseline=earlier)
    write_verdict(judgement, run.verdict)
    write_report(judgement, run)
    print_summary(judgement, console)
    console.print(f"Report: {run.report}", soft_wrap=True, highlight=False)
    return judgement.verdict.exit_code


def _earlier_runs(path: Path, scenario: Scenario) -> Baseline:
    """The baseline, refused before anything is started if this run could not be compared with it."""
    from harness.judge.earlier.baseline_file import need_comparable, read_baseline
    from harness.judge.earlier.comparable import settings_of

    catalogue = load_catalogue()
    versions = [catalogue.find(name).version for name in (scenario.from_, scenario.to)]
    found = read_baseline(path)
    need_comparable(found, settings_of(scenario.resolved(), versions[0], versions[1], os.cpu_count()), path)
    return found


def _releases_of_scenarios() -> set[Release]:
    """What the scenarios that come with the harness upgrade from and to."""
    catalogue = load_catalogue()
    scenarios = [load_scenario(path) for folder in _scenario_folders() for path in folder.glob("*.toml")]
    return {catalogue.find(name) for scenario in scenarios for name in (scenario.from_, scenario.to)}


def _scenario_folders() -> list[Path]:
    """Where scenarios are looked for by name: the current folder's own, then those in the package."""
    return [Path("scenarios"), Path(str(resources.files("harness"))) / "_scenarios"]


def _scenario_path(name: str) -> Path:
    """A file as given, or the scenario of that name that comes with the harness."""
    given = Path(name)
    if given.suffix == ".toml" or given.exists():
        return given
    folders = _scenario_folders()
    for folder in folders:
        if (folder / f"{name}.toml").is_file():
            return folder / f"{name}.toml"
    known = sorted({path.stem for folder in folders for path in folder.glob("*.toml")})
    raise UsageError(
        f"{name}: there is no such scenario; give a TOML file or one of: {', '.join(known) or 'none'}."
    )


def main() -> None:
    """Run the command; every expected error is one sentence and an exit status, never a traceback."""
    try:
        sys.exit(cli(standalone_mode=False) or ExitCode.PASS)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        # click's own answer would be 1, which means that Keystone failed.
        click.echo("harness: interrupted", err=True)
        sys.exit(ExitCode.HARNESS_ERROR)
    except HarnessError as error:
        click.echo(f"harness: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        place = error.filename or "the run directory"
        click.echo(
            f"harness: {place}: {error.strerror or error}; make room or choose another place.", err=True
        )
        sys.exit(ExitCode.HARNESS_ERROR)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug must not look like a verdict
        traceback.print_exc()
        click.echo(f"harness: a bug of the harness: {type(error).__name__}: {error}", err=True)
        sys.exit(ExitCode.HARNESS_ERROR)
