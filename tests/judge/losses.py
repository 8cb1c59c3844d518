"""Everything that can get lost of a run directory, one loss at a time.

`python -m tests.judge.losses [--sealed | --unsealed] [--kinds] [REASON ...]` prints the table of verdicts,
of every line, or with `--kinds` of one line of each kind: half an hour of one core for every line of all.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from harness.errors import UsageError
from harness.evidence.rundir import RunDirectory, open_run_directory
from harness.judge.case import Case
from harness.judge.evidence import load_evidence
from harness.judge.model import Question, worst
from harness.judge.questions import IMPACT, QUESTIONS, asked
from harness.judge.questions.asking import ask
from tests.judge.whole import FAILING, SEALED_ONLY, failing

REFUSED = "refused"
"""By a sentence and status 2: it can not be judged."""


@dataclass(frozen=True)
class Loss:
    """One thing that is lost."""

    file: str
    what: str
    """`removed`, `blanked`, ..., or a kind of line or key and what became of it."""
    make: Callable[[RunDirectory], object]

    @property
    def is_part(self) -> bool:
        """Whether it is a line or a key that is lost, not something of the whole file."""
        return self.what.endswith((" gone", " blank", " null"))

    @property
    def how(self) -> str:
        """What is lost, without which line or key it is."""
        part = "a key" if self.file.endswith(".json") else "a line"
        return f"{part} {self.what.rpartition(' ')[2]}" if self.is_part else self.what

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def losses(run: RunDirectory, *, every_line: bool) -> Iterator[Loss]:
    """Every file removed, emptied and cut short; every kind of line, or every line, taken out and blanked."""
    for path in sorted((run.manifest, *run.evidence_files(), *run.growing_files())):
        name = run.name_of(path)
        yield from _of_file(name, path.read_bytes())
        if path in (run.manifest, run.baseline):
            yield from _of_keys(name, orjson.loads(path.read_bytes()))
        else:
            yield from _of_lines(name, path.read_bytes(), every_line=every_line)


def _of_file(name: str, content: bytes) -> Iterator[Loss]:
    lines = content.splitlines(keepends=True)
    cut = {
        "emptied": b"",
        "blanked": b"\n" * len(lines),
        "zeroed": bytes(len(content)),
        "cut in half": content[: len(content) // 2],
        "cut in half at a line": b"".join(lines[: len(lines) // 2]),
        "cut by its last line": b"".join(lines[:-1]),
        "torn in its last line": content[:-5],
    }
    yield Loss(name, "removed", lambda run: (run.path / name).unlink())
    for what, rest in cut.items():
        if rest != content:
            yield Loss(name, what, _writing(name, rest))


def _writing(name: str, content: bytes) -> Callable[[RunDirectory], object]:
    return lambda run: (run.path / name).write_bytes(content)


def _of_lines(name: str, content: bytes, *, every_line: bool) -> Iterator[Loss]:
    lines = content.splitlines(keepends=True)
    seen: set[str] = set()
    for number, line in enumerate(lines):
        kind = _log_kind(line) if name.startswith("logs/") else _kind(name, json.loads(line))
        if kind in seen and not every_line:
            continue
        seen.add(kind)
        for what, instead in (("gone", b""), ("blank", b"\n")):
            rest = b"".join([*lines[:number], instead, *lines[number + 1 :]])
            yield Loss(name, f"{kind}, {what}", _writing(name, rest))


def _log_kind(line: bytes) -> str:
    """By node and whether it is one of the run's own."""
    words = line.split()
    return f"{words[2].decode()} {'other' if b'id=-' in words else 'own'}"


def _kind(name: str, row: dict[str, Any]) -> str:
    """What a line is, without what makes it this one."""
    if "header" in row or "footer" in row:
        return next(iter(row))
    told = {
        "journal.jsonl": ("edge", "step"),
        "requests": ("lane", "outcome"),
        "ledger": ("edge", "op", "outcome"),
        "ledger.jsonl": ("stage", "edge"),
        "continuity.jsonl": ("check", "outcome"),
        "database.jsonl": ("kind", "step"),
        "balancer.jsonl": (),
    }[name.partition("/")[0]]
    waits = ["with a wait"] if row.get("waiting") else []
    return " ".join([*(str(row[key]) for key in told if row.get(key) is not None), *waits]) or "line"


def _of_keys(name: str, document: dict[str, Any]) -> Iterator[Loss]:
    """Keys of a JSON document: those at its top, those of its tables, and those of their tables."""
    for place in _places(document, 3):
        for what, change in (("gone", _without), ("null", _nulled)):
            rest = change(document, place)
            if rest != document:
                yield Loss(name, f"{'.'.join(place)} {what}", _writing(name, orjson.dumps(rest)))


def _places(document: dict[str, Any], depth: int) -> Iterator[tuple[str, ...]]:
    for key, value in document.items():
        yield (key,)
        if isinstance(value, dict) and depth > 1:
            yield from ((key, *below) for below in _places(value, depth - 1))


def _without(document: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    key, *below = place
    if below:
        return {**document, key: _without(document[key], tuple(below))}
    return {each: value for each, value in document.items() if each != key}


def _nulled(document: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    key, *below = place
    return {**document, key: _nulled(document[key], tuple(below)) if below else None}


# --- judging


def questions(run: RunDirectory) -> tuple[Question, ...]:
    """What counts for the verdict, without what is only shown beside it: a quarter of the time.

    Raises:
        UsageError: the run is refused.
    """
    case = Case(load_evidence(open_run_directory(run.path)))
    answers = (ask(name, QUESTIONS[name], case) for name in asked(case) if name != IMPACT)
    return tuple(answer for answer in answers if not answer.advisory)


def verdict(run: RunDirectory) -> str:
    """The verdict, or `refused`."""
    try:
        return str(worst(question.verdict for question in questions(run)))
    except UsageError:
        return REFUSED


def after(run: RunDirectory, loss: Loss, judge: Callable[[RunDirectory], str] = verdict) -> str:
    """The verdict after a loss, which is made good again."""
    path = run.path / loss.file
    whole = path.read_bytes()
    loss.make(run)
    try:
        return judge(run)
    finally:
        path.write_bytes(whole)


# --- the table


def _main(arguments: Sequence[str]) -> None:
    reasons = [reason for reason in FAILING if not set(arguments) & set(FAILING) or reason in arguments]
    for sealed in (True, False):
        if ("--unsealed" if sealed else "--sealed") not in arguments:
            told = [reason for reason in reasons if sealed or reason not in SEALED_ONLY]
            _tell(told, sealed=sealed, every_line="--kinds" not in arguments)


def _tell(reasons: Sequence[str], *, sealed: bool, every_line: bool) -> None:
    counts: dict[str, dict[str, Counter[str]]] = {}
    passed = []
    for reason in reasons:
        with TemporaryDirectory() as folder:
            run = failing(reason, Path(folder) / "run", sealed=sealed)
            for loss in losses(run, every_line=every_line):
                came_out = after(run, loss)
                counts.setdefault(loss.file, {}).setdefault(loss.how, Counter())[came_out] += 1
                if came_out == "PASS":
                    passed.append(f"PASS though {reason}: {loss}")
    print(f"\n{len(reasons)} failing runs, {'sealed' if sealed else 'unsealed'}")
    _print(counts)
    print(*passed, sep="\n")


def _print(counts: dict[str, dict[str, Counter[str]]]) -> None:
    columns = ("FAIL", "INCONCLUSIVE", REFUSED, "PASS")
    print("| file | lost | " + " | ".join(columns) + " |", "|---" * (len(columns) + 2) + "|", sep="\n")
    for file, by_how in counts.items():
        for how, found in by_how.items():
            print(f"| {file} | {how} | " + " | ".join(f"{found[column]:,}" for column in columns) + " |")


if __name__ == "__main__":
    _main(sys.argv[1:])
