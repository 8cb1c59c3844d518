"""The `harness` command: its verbs, and what ends the process.

What a verb needs is imported when it is called: pandas, scipy and matplotlib take seconds that
`harness check` and a refused input have no use for.
"""

from __future__ import annotations

import sys
import traceback

import click

from harness import __version__
from harness.command.baseline import baseline
from harness.command.compare import compare
from harness.command.controls import controls
from harness.command.judge import judge
from harness.command.lab import lab
from harness.command.machine import check, releases
from harness.command.run import run
from harness.command.streams import outlive_readers
from harness.errors import ExitCode, HarnessError, UsageError
from harness.refusal import escaped, escaped_lines


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
def cli() -> None:
    """Upgrade a real Keystone under load and prove whether there was downtime.

    Exit status: 0 pass, 1 fail, 2 usage, 3 inconclusive, 4 harness error.
    """


for verb in (run, judge, baseline, compare, controls, check, releases, lab):
    cli.add_command(verb)


def main() -> None:
    """Run the command; every expected error is one sentence and an exit status, never a traceback."""
    outlive_readers()
    try:
        sys.exit(cli(standalone_mode=False) or ExitCode.PASS)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        # click's own answer would be 1, which means that Keystone failed.
        _tell("interrupted")
        sys.exit(ExitCode.HARNESS_ERROR)
    except HarnessError as error:
        # A refusal is one line; what broke may end with the last lines of a log.
        _tell(str(error), lines=not isinstance(error, UsageError))
        sys.exit(error.exit_code)
    except OSError as error:
        place = error.filename or "the run directory"
        _tell(f"{place}: {error.strerror or error}; make room or choose another place.")
        sys.exit(ExitCode.HARNESS_ERROR)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug must not look like a verdict
        traceback.print_exc()
        _tell(f"a bug of the harness: {type(error).__name__}: {error}")
        sys.exit(ExitCode.HARNESS_ERROR)


def _tell(words: str, *, lines: bool = False) -> None:
    """What ends the process, with nothing in it that forges a line, whatever a file or a person wrote."""
    click.echo(f"harness: {escaped_lines(words) if lines else escaped(words)}", err=True)
