"""Values, keys and texts that nobody should write, and that somebody will."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from hypothesis import strategies as st

Path_ = tuple[str | int, ...]
"""Keys and places from the root of a document to a value."""

_TEXTS = [
    "", " ", "\0", "a\nharness: all is well", "\x1b[2J\x1b[31m", "\u202epassed", "a\u2028b", "\x9b2J", "\r",
    "'''", '"""', "\\", "..", "../../etc/passwd", "/dev/zero", "~", "-", "--", "a" * 9_000, "{0}", "%s",
    "é", "\N{COLLISION SYMBOL}", "\ufeff", "inf", "nan", "true", "[1", "2026-01-01", "*", "a*" * 200,
    "(([a-z ])+.)+[A-Z]([a-z ])+$", "9" * 4_301, "node-1", "node-99", "2025.1", "local", "roll", "PASS",
    "0x" + "f" * 90, "1e999", "a.b.c", "=", "#", "[[", "\u0660", "ß" * 100,
]  # fmt: skip
_NUMBERS = [
    0, -1, 1, 2, 10, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63), 10**99, -(10**99), 0.0, -0.0, 0.5, 1e-9, 1e308,
    -1e308, 5e-324, math.inf, -math.inf, math.nan, 86_400, 86_401, 1e9,
]  # fmt: skip
_TIMES = [date(1, 1, 1), date(9999, 12, 31), datetime(2026, 1, 1, tzinfo=UTC), time(23, 59)]

texts = st.one_of(st.sampled_from(_TEXTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
scalars = st.one_of(
    texts,
    st.sampled_from(_NUMBERS),
    st.sampled_from(_TIMES),
    st.integers(),
    st.floats(),
    st.booleans(),
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda below: st.one_of(
        st.lists(below, max_size=4),
        st.dictionaries(texts, below, max_size=3),
        # Deeper than anybody may write, by the shortest way.
        st.tuples(below, st.integers(8, 12)).map(lambda pair: _nested(*pair)),
    ),
    max_leaves=6,
)


def _nested(value: Any, times: int) -> Any:
    for _ in range(times):
        value = [value]
    return value


def paths(document: Any, here: Path_ = ()) -> list[Path_]:
    """Every place of a document, the root left out."""
    found = [here] if here else []
    if isinstance(document, Mapping):
        for key, below in document.items():
            found += paths(below, (*here, key))
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for place, below in enumerate(document):
            found += paths(below, (*here, place))
    return found


@st.composite
def spoiled(draw: st.DrawFn, document: Mapping[str, Any]) -> tuple[dict[str, Any], Path_]:
    """A sound document with one thing that is not, and where that is."""
    made = copy.deepcopy(dict(document))
    path = draw(st.sampled_from(paths(made)))
    above: Any = made
    for part in path[:-1]:
        above = above[part]
    match draw(st.sampled_from(["set", "set", "set", "set", "drop", "add", "again"])):
        case "set":
            above[path[-1]] = draw(values)
        case "drop":
            del above[path[-1]]
        case "add":
            key = draw(texts)
            path = _added(above, path, key, draw(values))
        case "again":
            above[path[-1]] = [above[path[-1]]] * draw(st.integers(2, 3))
    return made, path


def _added(above: Any, path: Path_, key: str, value: Any) -> Path_:
    if isinstance(above, list):
        above.append(value)
        return path
    above[key] = value
    return (*path[:-1], key)


def written(document: Mapping[str, Any]) -> str:
    """The document in TOML, a line for each key of the first level."""
    return "".join(f"{_text(key)} = {toml(value)}\n" for key, value in document.items())


def toml(value: Any) -> str:
    """A value in TOML, on one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return _text(value)
        case int():
            return str(value)
        case float():
            return repr(value)
        case datetime() | date() | time():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{_text(key)} = {toml(below)}" for key, below in value.items()) + "}"
    raise TypeError(value)


def _text(text: str) -> str:
    """A basic string. JSON's escapes are TOML's; what JSON leaves as it is TOML does too, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@st.composite
def damaged(draw: st.DrawFn, sound: Sequence[bytes]) -> bytes:
    """One of some files, with a few slips of an editor, or of a disk, in it."""
    text = draw(st.sampled_from(list(sound)))
    for _ in range(draw(st.integers(1, 4))):
        first, last = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        last = min(last, first + draw(st.sampled_from([1, 3, 40, 400])))
        text = text[:first] + draw(_replacements(text[first:last])) + text[last:]
    return text


def _replacements(cut: bytes) -> st.SearchStrategy[bytes]:
    marks = [b"[", b"]", b"{", b"}", b'"', b"'", b"=", b".", b"#", b"\\", b"\n", b'"""', b"[[", b"]]", b","]
    return st.one_of(
        st.just(b""),
        st.just(cut * 2),
        st.just(cut[::-1]),
        st.sampled_from(marks),
        st.builds(bytes.__mul__, st.sampled_from(marks), st.sampled_from([2, 50, 9_000])),
        st.binary(max_size=4),
        texts.map(lambda text: text.encode("utf-8")),
        st.sampled_from(_NUMBERS).map(lambda number: str(number).encode()),
    )
