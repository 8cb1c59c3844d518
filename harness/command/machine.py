"""The verbs about this machine: what it lacks, and which Keystone releases it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.command.locate import SCENARIO, known
from harness.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from harness.releases.catalogue import Catalogue, Release


@click.command()
@click.option(
    "--install",
    is_flag=True,
    help="Install what is missing: programs with apt where that is allowed, and the scenarios' releases.",
)
def check(install: bool) -> None:
    """Say whether this machine is ready, and what installs what is missing."""
    _need_programs(install=install)
    from harness.releases.catalogue import load_catalogue
    from harness.releases.prepare import default_home, is_prepared, prepare

    catalogue, home = load_catalogue(), default_home()
    needed = _releases_of_scenarios(catalogue)
    for release in catalogue:
        if install and release in needed:
            prepare(release, home, report=click.echo)
        elif not install:
            ready = "prepared" if is_prepared(release, home) else "is prepared by the first run that needs it"
            click.echo(f"Keystone {release}: {ready}")
    click.echo("This machine is ready.")


def _need_programs(*, install: bool) -> None:
    from harness.deployment import backends
    from harness.releases.prepare import default_home

    here = backends.of_this_machine(default_home())
    missing = here.missing()
    if missing and install:
        here.install(missing, report=click.echo)
        missing = here.missing()
    if missing:
        raise UsageError("; ".join(f"{each.program} is missing: {each.install}" for each in missing) + ".")


def _releases_of_scenarios(catalogue: Catalogue) -> set[Release]:
    """What the scenarios that are known by name upgrade from and to."""
    from harness.scenario import load_scenario

    scenarios = [load_scenario(path) for path in known(SCENARIO).values()]
    return {catalogue.find(name) for scenario in scenarios for name in (scenario.from_, scenario.to)}


@click.group(invoke_without_command=True)
@click.pass_context
def releases(context: click.Context) -> None:
    """List the Keystone releases that are known, and what each supported upgrade migrates."""
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console

    from harness.releases.catalogue import load_catalogue
    from harness.releases.prepare import default_home

    catalogue, home, console = load_catalogue(), default_home(), Console()
    console.print(_releases(catalogue, home))
    console.print(_pairs(catalogue.pairs(), home))


def _releases(catalogue: Catalogue, home: Path) -> Table:
    from rich.table import Table

    from harness.releases.prepare import is_prepared

    table = Table("series", "version", "SLURP", "python", "served by", "prepared")
    for release in catalogue:
        prepared = "yes" if is_prepared(release, home) else "no"
        slurp = "yes" if release.slurp else "no"
        table.add_row(
            release.series, release.version, slurp, release.pythons[0], release.serves.name, prepared
        )
    return table


def _pairs(pairs: Iterable[tuple[Release, Release]], home: Path) -> Table:
    from rich.table import Table

    table = Table("from", "to", "migrations")
    for older, newer in pairs:
        table.add_row(str(older), str(newer), _migrations(older, newer, home))
    return table


def _migrations(older: Release, newer: Release, home: Path) -> str:
    from harness.releases.migrations import pending
    from harness.releases.prepare import is_prepared, prepare

    if not (is_prepared(older, home) and is_prepared(newer, home)):
        return f"known once both are prepared: harness releases prepare {older.series} {newer.series}"
    found = pending(prepare(older, home, report=click.echo), prepare(newer, home, report=click.echo))
    return "\n".join(f"{each.branch}: {each.title}" for each in found) or "none"


@releases.command("prepare")
@click.argument("names", nargs=-1, required=True, metavar="RELEASE...")
def prepare_releases(names: Sequence[str]) -> None:
    """Install releases, each in an environment of its own."""
    from harness.releases.catalogue import load_catalogue
    from harness.releases.prepare import default_home, prepare

    catalogue, home = load_catalogue(), default_home()
    for release in [catalogue.find(name) for name in names]:
        installed = prepare(release, home, report=click.echo)
        click.echo(f"Keystone {release}: {installed.prefix}")
