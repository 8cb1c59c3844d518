"""A program's own error, found among the lines of its log."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.printable import plain
from harness.redact import redacted

QUOTE_CHARS_MAX = 240
"""Of a sentence in which it is quoted: an exception with its message, and not the statement that failed."""
_LINES_MAX = 2_000
"""Looked at, from the end: a log may be long, and an error that stopped a program is its last word."""
_STAMPED = re.compile(
    r"\d{4}-\d\d-\d\d \S+ \d+ (?P<level>[A-Z]+) (?P<logger>\S+) ?(?:\[[^\]]*\] ?)?(?P<told>.*)"
)
"""As oslo.log writes a line; of a traceback each line has a stamp of its own."""
_EXCEPTION = re.compile(
    r"(?:Unhandled error: )?(?P<quote>(?:\w+\.)*\w*(?:Error|Exception|Exit|Failure)\b: ?.*)"
)
_COMPLAINT = re.compile(r".*\berror\b.*", re.IGNORECASE)
_STATEMENT = re.compile(r"\s*\[(?:SQL|parameters): .*")
_LEVELS = frozenset({"ERROR", "CRITICAL"})


def last_error(lines: Sequence[str]) -> str | None:
    """The last exception that is told of, else the last line of an error; None where there is neither.

    One printable line without what may be a secret: `harness.redact`.
    """
    told = [_told(line) for line in lines[-_LINES_MAX:]]
    exceptions = [match["quote"] for words, _ in told if (match := _EXCEPTION.match(words))]
    errors = [words for words, is_error in told if is_error and words.strip()]
    complaints = [words for words, is_error in told if is_error is None and _COMPLAINT.fullmatch(words)]
    found = exceptions or errors or complaints
    return _quote(found[-1]) if found else None


def _told(line: str) -> tuple[str, bool | None]:
    """What a line says, and whether the log calls it an error; None where it is no line of a log."""
    words = plain(line[: 8 * QUOTE_CHARS_MAX])
    match = _STAMPED.match(words)
    if match is None:
        return words.strip(), None
    return match["told"].strip(), match["level"] in _LEVELS


def _quote(words: str) -> str | None:
    text = redacted(_STATEMENT.sub("", words))
    return text if len(text) <= QUOTE_CHARS_MAX else f"{text[: QUOTE_CHARS_MAX - 1]}\N{HORIZONTAL ELLIPSIS}"
