"""What becomes of one input that somebody gives to a verb, up to the point where anything would start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from harness.errors import ExitCode
from tests.command import harness_here

LINE_CHARS_MAX = 1_500
_NOT_OURS = re.compile(
    r"Input should|validation error|pydantic|Traceback|NoneType|<class|\bobject at 0x"
    r"|\b[A-Z][A-Za-z]+(Settings|Table|Section|Error|Finding)\b|'utf-8' codec|type="
    r"|\bstr\b|\bdict\b|\btuple\b"
)
"""Words of Python, of pydantic and of our own classes."""
_STARTS = (
    "harness.run.beforehand.need_fit",
    "harness.command.run._carry_out",
    "harness.command.compare._carried_out",
    "harness.command.judge.judge_and_report",
)
"""What hangs on the machine, and what goes on once an order is accepted."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How it ended."""

    status: int
    said: str
    """On standard error."""

    @property
    def accepted(self) -> bool:
        return self.status == ExitCode.PASS

    def need_clear(self, *sources: str) -> None:
        """Accepted, with warnings at most, or refused in one clear line that names one of the sources."""
        lines = self.said.splitlines()
        for line in lines:
            assert line.isprintable(), self
            assert line.startswith("harness: "), self
            assert len(line) < LINE_CHARS_MAX, self
        if self.accepted:
            assert all(": warning: " in line for line in lines), self
            return
        assert self.status == ExitCode.USAGE, self
        assert len(lines) == 1, self
        assert any(source in lines[0] for source in sources), self
        assert not _NOT_OURS.search(_without_quotes(lines[0])), self


def _without_quotes(line: str) -> str:
    """A line without what it repeats of the input: values stand in quotes, settings after their option."""
    bare = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "''", line)
    return re.sub(r"--set .*?: ", "--set: ", bare)


@contextmanager
def nothing_starts() -> Iterator[None]:
    """What an accepted order would start is left out, and counts as done."""
    with ExitStack() as patches:
        for name in _STARTS:
            patches.enter_context(patch(name, return_value=int(ExitCode.PASS)))
        yield


def tried(*args: str, cwd: Path) -> Tried:
    """Give it to the command, in this process."""
    with nothing_starts():
        done = harness_here(*args, cwd=cwd)
    return Tried(done.returncode, done.stderr)
