"""The outermost place of the `harness` command: decides the exit status, then says what there is to say.

What it calls is imported when it is called, so that an installation which is broken is no verdict either.
"""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from harness.command.streams import outlive_readers, say
from harness.errors import ExitCode, HarnessError, UsageError
from harness.refusal import escaped, escaped_lines, shortened

if TYPE_CHECKING:
    from click import ClickException

_WORDS_CHARS_MAX = 300
"""Of a command line, which may repeat a file's name of any length."""
_LINE_CHARS_MAX = 1_400
"""Of a refusal. The longest of ours has 700 characters, and what it names may have any number."""
_SIGNALLED = 128
"""Statuses over it say that a signal ended the process, as shells have it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the process is to end."""

    status: int
    words: str = ""
    """For standard error; empty where everything was said."""


def main() -> NoReturn:
    """Run the command; every expected error is one sentence and an exit status, never a traceback."""
    outlive_readers()
    ending = decided(_call)
    with suppress(Exception, KeyboardInterrupt):  # the words may be lost, the status may not
        if ending.words:
            say(ending.words)
    sys.exit(ending.status)


def decided(call: Callable[[], Ending]) -> Ending:
    """How the process is to end, whatever becomes of `call`."""
    try:
        return call()
    except KeyboardInterrupt:
        return Ending(ExitCode.HARNESS_ERROR, "harness: interrupted")
    except HarnessError as error:
        # A refusal is one line; what broke may end with the last lines of a log.
        tell = _one_line if isinstance(error, UsageError) else escaped_lines
        return Ending(error.exit_code, f"harness: {tell(str(error))}")
    except OSError as error:
        return Ending(ExitCode.HARNESS_ERROR, f"harness: {escaped(_of_the_system(error))}")
    except SystemExit as asked:
        return _of_exit(asked)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug must not look like a verdict
        return _of_bug(error)


def _call() -> Ending:
    """Parse the command line and call its verb, which returns its exit status, or nothing for 0.

    Not by click's own `main`: that ends with 1, which means that Keystone failed, where any pipe broke.
    """
    import click

    from harness.command.cli import cli

    try:
        with cli.make_context("harness", sys.argv[1:]) as context:
            return Ending(cli.invoke(context) or ExitCode.PASS)
    except click.exceptions.Exit as asked:  # help was asked for
        return Ending(asked.exit_code)
    except click.ClickException as error:
        return Ending(ExitCode.USAGE, _usage(error))


def _one_line(words: str) -> str:
    return shortened(escaped(words), _LINE_CHARS_MAX)


def _usage(error: ClickException) -> str:
    """What is wrong with a command line that can not be parsed, in one line as every refusal."""
    context = getattr(error, "ctx", None)
    called = context.command_path if context else "harness"
    words = shortened(error.format_message().rstrip("."), _WORDS_CHARS_MAX)
    return escaped(f"harness: {words}; `{called} --help` tells what there is.")


def _of_the_system(error: OSError) -> str:
    """What the operating system refused, where it was, and the way out where there is one."""
    words = error.strerror or str(error) or type(error).__name__
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return f"{words}: raise the number of files that may be open, e.g. ulimit -n 1024."
    if not error.filename:
        return f"{words}; the harness can not go on."
    return f"{error.filename!s}: {words}; make room or choose another place."


def _of_exit(asked: SystemExit) -> Ending:
    """No verb ends by itself: a signal's handler does, and what does so besides is a bug."""
    if isinstance(asked.code, int) and asked.code > _SIGNALLED:
        return Ending(asked.code)
    return _of_bug(asked)


def _of_bug(error: BaseException) -> Ending:
    *_, last = traceback.format_exception_only(error)
    words = f"{''.join(traceback.format_exception(error))}harness: a bug of the harness: {last.rstrip()}"
    return Ending(ExitCode.HARNESS_ERROR, escaped_lines(words))
