"""Takes out of a log line what might be a secret: what is not known to be harmless is hidden."""

from __future__ import annotations

import re

from harness.printable import one_line

LINE_CHARS_MAX = 400
_OPAQUE_CHARS_MIN = 20
"""A word this long is shown only if its form is known: a Fernet token has 180 characters, a password made by
the lab 32, a hash 60. A human's shorter password stands behind its name, which `_NAMED` knows."""

_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]+@")
_NAMED = re.compile(
    r"(?i)((?:password|passwd|passphrase|secret|token|authorization|(?<!application )credential|blob|cookie"
    r"|hash|api.?key|private.?key)"
    r"\w*(?:%22|[\"'])?\s*(?:=|:|%3A)\s*)(?:(?:bearer|basic)\s+)?"
    r"(\"[^\"]*\"?|'[^']*'?|\S+)"
)
"""Keystone says `Invalid application credential:` and goes on with why; a secret of one is long."""
_PARAMETERS = re.compile(r"(?i)\[?parameters: ?.*")
"""SQLAlchemy shows the values of a statement that failed, password hashes among them."""
_HASH = re.compile(r"\$[0-9A-Za-z-]+\$[^\s\"',)]+")
_IN_PATH = re.compile(r"(?i)(?<=/tokens/)[^\s/?\"']+")
"""The old identity API has the token itself in the path."""
_WORD = re.compile(rf"[A-Za-z0-9_+/=.~%-]{{{_OPAQUE_CHARS_MIN},}}")
_REQUEST_ID = re.compile(r"req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PARTED = re.compile(r"[/.=_%-]")
_PART_CHARS_MAX = 19
_PART = re.compile(r"|[0-9]+|[a-z]+|[A-Z]+|(?:[A-Z][a-z]{2,})+|[a-z]{1,10}[0-9]{1,4}|[0-9]{1,14}[a-z]{1,2}")
"""Nothing, a number, a word in one case or of capitalised words, `node1`, `120ms`; not `Zm9vYmFyYmF6`."""
_ENTITY = re.compile(r"[0-9a-f]{32}")
"""Ids of users and projects stand in paths; a token in the form of one only ever stood behind `/tokens/`."""
_API_PATH = re.compile(r"/(?:v3|v2\.0)(?:/[A-Za-z0-9_.:-]*)*")
_HIDDEN = "[hidden]"


def redacted(line: str) -> str:
    """A log line fit to be shown: one printable line, cut at 400 characters, without what may be a secret.

    Hidden are credentials in URLs, what stands behind a name like `password` or `X-Subject-Token`, parameters
    of SQL statements, password hashes, and every word of 20 characters or more whose form is not known to be
    harmless (a request id, a path of the API with ids of 32 hex digits, a name made of short parts).
    """
    # Cut far behind the end that is shown, but before the patterns run: a line may be megabytes long.
    text = one_line(line[: 8 * LINE_CHARS_MAX])
    text = _CREDENTIALS.sub(f"{_HIDDEN}@", text)
    text = _PARAMETERS.sub(f"parameters: {_HIDDEN}", text)
    text = _NAMED.sub(rf"\g<1>{_HIDDEN}", text)
    text = _HASH.sub(_HIDDEN, text)
    text = _IN_PATH.sub(_HIDDEN, text)
    text = _WORD.sub(lambda match: match[0] if _is_harmless(match[0]) else _HIDDEN, text)
    return text if len(text) <= LINE_CHARS_MAX else f"{text[: LINE_CHARS_MAX - 1]}\N{HORIZONTAL ELLIPSIS}"


def _is_harmless(word: str) -> bool:
    bare = word.removeprefix("id=")
    if _REQUEST_ID.fullmatch(bare):
        return True
    if _API_PATH.fullmatch(bare):
        return all(_is_part(part) or _ENTITY.fullmatch(part) is not None for part in bare.split("/"))
    return all(_is_part(part) for part in _PARTED.split(word))


def _is_part(part: str) -> bool:
    return len(part) <= _PART_CHARS_MAX and _PART.fullmatch(part) is not None
