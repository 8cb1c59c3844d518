"""`harness` with its output on streams of all kinds, for a test that asks what it ends with.

One process imports what the verbs need; each case is a fork of it that goes through the interpreter's end.
"""

from __future__ import annotations

import json
import os
import pty
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

import harness.compare.write
import harness.controls.carry_out
import harness.report
from harness.command import baseline, cli, compare, entry, judge, machine  # noqa: F401 - forked with the rest
from harness.compare import answer, stored  # noqa: F401
from harness.deployment import backends
from harness.deployment.backend import Missing
from harness.judge import judge_run  # noqa: F401
from harness.run import conduct as conducting
from tests.run.tiny import World


def _works(number: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _gone(number: int) -> None:
    read, write = os.pipe()
    os.dup2(write, number)
    os.close(read)


def _full(number: int) -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), number)


def _hung_up(number: int) -> None:
    """A terminal whose other end is closed: EIO."""
    terminal, side = pty.openpty()
    os.dup2(side, number)
    os.close(side)
    os.close(terminal)


STREAMS: Mapping[str, Callable[[int], None]] = {
    "works": _works,
    "pipe whose reader left": _gone,
    "full disk": _full,
    "terminal that hung up": _hung_up,
    "closed": os.close,
}


def _put_in_place(stream: str, encoding: str) -> None:
    """As the interpreter does when it begins."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        STREAMS[stream](number)
        opened: IO[str] | None = None
        if stream != "closed":
            opened = open(number, "w", encoding=encoding, closefd=False)  # noqa: SIM115 - until the process ends
        setattr(sys, name, opened)


def _with_doubles(folder: Path) -> None:
    """A tiny back-end, a machine that lacks nothing, a control that passed; no pages, which take seconds."""
    conducting.conduct = partial(conducting.conduct, means=World(folder).means)
    harness.report.write_report = lambda *_: None
    backends.of_this_machine = _Ready  # type: ignore[assignment]
    harness.compare.write.write_comparison = lambda comparison, folder: folder / "compare.html"
    harness.controls.carry_out.carry_out_controls = partial(
        harness.controls.carry_out.carry_out_controls, run=_passing
    )


class _Ready:
    """Stands for the back-end `local` on a machine that has every program."""

    def __init__(self, home: Path) -> None:
        """Lies anywhere."""

    def missing(self) -> Sequence[Missing]:
        return ()


def _passing(arguments: Sequence[str], log: Path, limit_s: float) -> int:
    """Stands for `harness run` of a control: a run that passed."""
    made = Path(arguments[2]) / Path(arguments[0]).stem / f"stamp-{os.getpid()}"
    made.mkdir(parents=True)
    (made / "verdict.json").write_text('{"verdict": "PASS", "questions": {}, "phases": {}}', encoding="utf-8")
    (made / "journal.jsonl").touch()
    return 0


def main(folder: Path, cases: Sequence[tuple[str, str, Sequence[str]]], answers: IO[str]) -> None:
    """Have each case end; `answers` gets the list of statuses, negative where a signal ended it."""
    statuses = []
    for number, (stream, encoding, arguments) in enumerate(cases):
        pid = os.fork()
        if pid == 0:
            _put_in_place(stream, encoding)
            own = folder / str(number)
            shutil.copytree(folder / "given", own)
            os.chdir(own)
            _with_doubles(own)
            sys.argv = ["harness", *arguments]
            entry.main()
        _, ended = os.waitpid(pid, 0)
        statuses.append(os.waitstatus_to_exitcode(ended))
    json.dump(statuses, answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), sys.stdout)
