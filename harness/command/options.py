"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path

import click

OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder that gets <scenario>/<UTC stamp>/.",
)
GATE = click.option(
    "--gate",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with a table [gate] that stands in for the scenario's.",
)
BASELINE = click.option(
    "--baseline",
    "earlier",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Earlier runs to compare with: a file that `harness baseline` wrote.",
)
SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a key, e.g. roll.settle_s=5, or probes.token_issue.rate_hz=5.",
)
