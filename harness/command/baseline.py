"""The verb that keeps the figures of earlier runs."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write."
)
def baseline(runs: tuple[Path, ...], output: Path) -> None:
    """Keep the figures of stored RUNs, for `--baseline` to compare later ones with."""
    from harness.evidence.history import write_history
    from harness.judge.history import make_history

    made = make_history(runs)
    write_history(made, output)
    click.echo(f"{output}: a baseline of {len(made.runs)} runs.")
