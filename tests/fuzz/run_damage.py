"""What a disk, an editor or somebody who is not a friend does to a run directory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from harness.evidence.rundir import RunDirectory

FILES = (
    *("run.json", "journal.jsonl", "requests/probes.jsonl", "ledger/load.jsonl", "ledger.jsonl"),
    *("continuity.jsonl", "balancer.jsonl", "database.jsonl", "baseline.json", "logs/node1.log"),
)
DOCUMENTS = ("run.json", "baseline.json")
FOLDERS = ("requests", "ledger", "logs")
_EDITED_BYTES_MAX = 10 << 20
VALUES: Mapping[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "zero": b"0",
    "minus": b"-1",
    "minus zero": b"-0",
    "half": b"0.5",
    "one": b"1",
    "float": b"1.0",
    "word": b'"x"',
    "empty": b'""',
    "digits": b'"7"',
    "list": b"[]",
    "list of lists": b"[[1],[null]]",
    "table": b"{}",
    "table of tables": b'{"a":{"b":[1]}}',
    "2^63-1": b"9223372036854775807",
    "2^63": b"9223372036854775808",
    "2^64": b"18446744073709551616",
    "-2^63": b"-9223372036854775808",
    "digits without end": b"9" * 5000,
    "1e308": b"1e308",
    "1e-320": b"1e-320",
    "leading zeros": b"007",
    "plus": b"+7",
    "hex": b"0x10",
    "infinite": b"1e999",
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "deep": b"[" * 3000 + b"]" * 3000,
    "not so deep": b"[" * 300 + b"]" * 300,
    "lone surrogate": b'"\\ud800"',
    "escapes": b'"a\\u0000b\\nharness: all is well\\u001b[2J"',
    "raw controls": b'"a\x01\x1b[2Jb"',
    "NUL": b'"a\x00b"',
    "not UTF-8": b'"\xff\xfe"',
    "long": b'"' + b"x" * 100_000 + b'"',
    "markup": b'"</script><script>alert(1)</script>$\\\\frac{a}{0}$"',
    "year 1": b'"0001-01-01T00:00:00Z"',
    "year 9999": b'"9999-12-31T23:59:59.999999Z"',
    "no zone": b'"2026-01-01T00:00:00"',
    "path": b'"../../../etc/passwd"',
    "nothing": b"",
}
"""As it stands in the file; what is no JSON included."""
OF_NO_TYPE = ("list of lists", "table of tables", "NaN", "leading zeros", "deep", "not UTF-8", "nothing")
"""Those that are of another type wherever one text, number or truth value stands."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One slip: where and what; the numbers are taken modulo what there is."""

    file: str
    kind: str
    line: int = 0
    place: int = 0
    value: str = "null"

    def do(self, run: RunDirectory) -> None:
        """Do it; nothing where there is nothing left to damage."""
        path = run.path / self.file
        if self.kind in OF_FILES:
            with contextlib.suppress(OSError):  # what lies above it is no folder any more
                OF_FILES[self.kind](path)
        elif path.is_file() and not path.is_symlink() and path.stat().st_size < _EDITED_BYTES_MAX:
            path.write_bytes(self._edited(path.read_bytes()))

    def _edited(self, data: bytes) -> bytes:
        if self.kind in OF_BYTES:
            return OF_BYTES[self.kind](data, self.place)
        lines = [data] if self.file in DOCUMENTS else data.split(b"\n")
        number = self.line % max(1, len(lines) - (self.file not in DOCUMENTS))
        if self.kind in OF_LINES:
            lines[number : number + 1] = OF_LINES[self.kind](lines[number], self.place)
        else:
            lines[number] = _with_value(lines[number], self.kind, self.place, VALUES[self.value])
        return b"\n".join(lines)


def _unlink(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        _unlink(path)
        if path.parent.is_dir():
            make(path)

    return do


def _link_to_copy(path: Path) -> None:
    if path.exists() and not path.is_symlink():
        other = path.with_name(f"{path.name}.other")
        path.rename(other)
        path.symlink_to(other)


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 41)


OF_FILES: Mapping[str, Callable[[Path], None]] = {
    "gone": _unlink,
    "empty": _instead(lambda path: path.write_bytes(b"")),
    "folder": _instead(lambda path: path.mkdir()),
    "pipe": _instead(os.mkfifo),
    "link to nowhere": _instead(lambda path: path.symlink_to("nowhere")),
    "link to itself": _instead(lambda path: path.symlink_to(path.name)),
    "link to a device": _instead(lambda path: path.symlink_to("/dev/zero")),
    "link to a copy": _link_to_copy,
    "sparse": _instead(_sparse),
}
OF_BYTES: Mapping[str, Callable[[bytes, int], bytes]] = {
    "cut off": lambda data, place: data[: place % (len(data) + 1)],
    "begun later": lambda data, place: data[place % (len(data) + 1) :],
    "NULs at its end": lambda data, place: data + b"\x00" * (place % 5000),
    "NULs within": lambda data, place: _put(data, place, b"\x00" * 4096, 4096),
    "twice": lambda data, _: data * 2,
    "rubbish": lambda data, place: _put(data, place, b"\xff{]\"'", 3),
    "byte order mark": lambda data, _: b"\xef\xbb\xbf" + data,
    "line ends of DOS": lambda data, _: data.replace(b"\n", b"\r\n"),
}
OF_LINES: Mapping[str, Callable[[bytes, int], Sequence[bytes]]] = {
    "line gone": lambda line, place: [],
    "line blank": lambda line, place: [b""],
    "line of spaces": lambda line, place: [b"   "],
    "line twice": lambda line, place: [line, line],
    "line cut off": lambda line, place: [line[: place % (len(line) + 1)]],
    "line broken in two": lambda line, place: _put(line, place, b"\n", 0).split(b"\n"),
    "line of a list": lambda line, place: [b"[" + line + b"]"],
    "line of a number": lambda line, place: [b"17"],
    "line of an empty table": lambda line, place: [b"{}"],
    "line with rubbish": lambda line, place: [_put(line, place, b"\xff\x00", 0)],
    "line with a return": lambda line, place: [_put(line, place, b"\r", 0)],
    "line with a comma": lambda line, place: [_put(line, place, b",", 0)],
    "line without a byte": lambda line, place: [_put(line, place, b"", 1)],
    "line of great length": lambda line, place: [_put(line, place, b"x" * 300_000, 0)],
}
OF_VALUES = ("value", "key gone", "key twice", "key strange", "key added")


def _put(data: bytes, place: int, new: bytes, removed: int) -> bytes:
    at = place % (len(data) + 1)
    return data[:at] + new + data[at + removed :]


_MARK = "\N{WHITE STAR} here"


def _with_value(line: bytes, kind: str, place: int, value: bytes) -> bytes:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return line
    spots = list(_spots(document))
    if not spots:
        return line
    above, key = spots[place % len(spots)]
    mark = json.dumps(_MARK).encode()
    if kind == "value" or not isinstance(above, dict):
        above[key] = _MARK
    elif kind == "key gone":
        del above[key]
    elif kind == "key twice":
        above[_MARK] = above[key]
        return _dumped(document).replace(mark, json.dumps(key).encode())
    elif kind == "key strange":
        above[f"{key}\n\x1b[2J"] = above.pop(key)
    else:
        above["an\nother"] = _MARK
    return _dumped(document).replace(mark, value)


def _spots(document: Any) -> Iterator[tuple[Any, Any]]:
    """Each value of a document by what holds it and under which key."""
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, below in list(items):
        yield document, key
        yield from _spots(below)


def _dumped(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


_numbers = st.integers(0, 1 << 20)
_anything = (*FILES, *FOLDERS)
of_files = st.builds(Damage, st.sampled_from(_anything), st.sampled_from([*OF_FILES]))
of_bytes = st.builds(Damage, st.sampled_from(FILES), st.sampled_from([*OF_BYTES]), place=_numbers)
of_lines = st.builds(Damage, st.sampled_from(FILES), st.sampled_from([*OF_LINES]), _numbers, _numbers)
of_values = st.builds(
    Damage,
    st.sampled_from(FILES[:-1]),
    st.sampled_from([*["value"] * 4, *OF_VALUES]),
    _numbers,
    _numbers,
    st.sampled_from([*VALUES]),
)
impossible_values = st.builds(
    Damage,
    st.sampled_from([name for name in FILES[:-1] if name not in DOCUMENTS]),
    st.just("value"),
    _numbers,
    _numbers,
    st.sampled_from(OF_NO_TYPE),
)
any_damage = st.one_of(of_values, of_values, of_values, of_lines, of_lines, of_bytes, of_files)
