"""The verbs of `harness lab`: the local deployment alone."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from harness.command import options
from harness.command.locate import SCENARIO, locate


@click.group()
def lab() -> None:
    """The local deployment alone, to poke at by hand."""


@lab.command()
@click.argument("scenario", default="drained")
@options.SET
def up(scenario: str, overrides: tuple[str, ...]) -> None:
    """Start the deployment of SCENARIO on its `from` release and leave it running."""
    from harness.run.beforehand import laid_to
    from harness.run.beforehand import release as release_of
    from harness.scenario import load_scenario, who_says

    path = locate(scenario, SCENARIO)
    settings = load_scenario(path, overrides)

    def says(key: str) -> str:
        return who_says(key, path, overrides, {})

    release = release_of("from", settings, says)

    from harness.deployment import backends
    from harness.releases.prepare import default_home

    home = default_home()
    logs = home / "lab-logs" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    with laid_to(says("deployment.backend")):
        keeper = backends.choose_keeper(settings, home)
    kept = keeper.keep(release, logs, click.echo)
    click.echo(f"Lab {kept.name} serves Keystone {release} at {kept.url}/v3.")
    click.echo(f"The admin password is in {kept.secrets}, logs are in {logs}.")
    click.echo(f"Stop it with: harness lab down {kept.name}")


@lab.command()
@click.argument("name", required=False)
def down(name: str | None) -> None:
    """Stop every deployment that `lab up` started, or the one NAMEd; nothing else."""
    from harness.deployment import backends
    from harness.releases.prepare import default_home

    here = backends.of_this_machine(default_home())
    names = [name] if name else [each.name for each in here.standing() if each.is_kept]
    if not names:
        click.echo("No lab runs.")
    for each in names:
        ended = here.take_down(each)
        click.echo(f"Lab {each} is down; ended: {', '.join(ended) or 'nothing, it did not run any more'}.")


@lab.command()
def status() -> None:
    """Show the deployments that run."""
    from harness.deployment import backends
    from harness.releases.prepare import default_home

    found = backends.of_this_machine(default_home()).standing()
    if not found:
        click.echo("No lab runs.")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("lab", "standing", "release", "url", "started", "running", "logs")
    for each in found:
        running = ", ".join(each.running) or "nothing"
        table.add_row(each.name, each.standing, each.release, each.url, each.started, running, str(each.logs))
    Console().print(table)
