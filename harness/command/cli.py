"""The `harness` command: its verbs.

What a verb needs is imported when it is called: pandas, scipy and matplotlib take seconds that
`harness check` and a refused input have no use for.
"""

from __future__ import annotations

import click

from harness import __version__
from harness.command.baseline import baseline
from harness.command.compare import compare
from harness.command.controls import controls
from harness.command.judge import judge
from harness.command.lab import lab
from harness.command.machine import check, releases
from harness.command.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
def cli() -> None:
    """Upgrade a real Keystone under load and prove whether there was downtime.

    Exit status: 0 pass, 1 fail, 2 usage, 3 inconclusive, 4 harness error.
    """


for verb in (run, judge, baseline, compare, controls, check, releases, lab):
    cli.add_command(verb)
