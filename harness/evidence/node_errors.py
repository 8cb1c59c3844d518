"""Errors in the logs of nodes: an exception with its traceback is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from harness.evidence.files import is_there, open_file

_CHUNK_BYTES = 8 << 20
_BYTES_MAX = 1 << 30
"""Of a longer log what comes later is not looked at: no verdict rests on it."""
_EVENTS_MAX = 100_000
"""Of a node. Whoever logs more errors than that has told enough."""
_TEXT_BYTES_MAX = 600
_EVENT = re.compile(
    rb"^(?:\d{4}-\d\d-\d\d (?P<stamp>\d\d:\d\d:\d\d\.\d{3} \d+) (?P<told>(?:ERROR|CRITICAL) .*)"
    rb"|(?P<raw>Traceback \(most recent call last\):.*))$",
    re.MULTILINE,
)
"""A line of Keystone's own logging, or a traceback that went past it. Each line of an exception is logged
with the stamp and the process of its first."""
_REQUEST = b'request t="'
_STAMP = re.compile(rb'request t="(\d{1,18})"')


@dataclass(frozen=True, slots=True)
class NodeError:
    """One event."""

    wall_ms: int
    """When the request before it in the log came in, since 1970; 0 where there was none. uWSGI stamps
    requests in UTC, and Keystone its lines in the time zone of the host."""
    text: str
    """Its first line, cut, as it stands: not redacted."""


def read_node_errors(logs: Path, nodes: Iterable[str]) -> dict[str, tuple[NodeError, ...]]:
    """Node -> the errors in its log, in order; a node whose log is not there is missing.

    Raises:
        UsageError: a log is no regular file.
        OSError: a log cannot be read.
    """
    # The name comes from a manifest that may be anybody's.
    paths = {node: logs / f"{node}.log" for node in nodes if Path(node).name == node}
    return {node: tuple(_errors(path)) for node, path in paths.items() if is_there(path)}


def _errors(path: Path) -> Iterator[NodeError]:
    wall_ms, last, left = 0, b"", _EVENTS_MAX
    with open_file(path) as file:
        for data in _pieces(file):
            for found in _EVENT.finditer(data):
                stamp = found["stamp"] or b""
                if left and not (stamp and stamp == last):
                    left -= 1
                    told = (found["told"] or found["raw"])[:_TEXT_BYTES_MAX]
                    yield NodeError(_before(data, found.start(), wall_ms), told.decode(errors="replace"))
                last = stamp or last
            wall_ms = _before(data, len(data), wall_ms)


def _before(data: bytes, at: int, otherwise: int) -> int:
    """The stamp of the last request that is told before a place."""
    begins = data.rfind(_REQUEST, 0, at)
    found = _STAMP.match(data, begins) if begins >= 0 else None
    return int(found[1]) if found else otherwise


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Stretches of whole lines, up to `_BYTES_MAX`; of a line that is longer the middle is left out."""
    rest, left = b"", _BYTES_MAX
    while left > 0 and (fresh := file.read(min(_CHUNK_BYTES, left))):
        left -= len(fresh)
        data = rest + fresh
        cut = data.rfind(b"\n") + 1
        yield data[:cut]
        rest = data[cut:] if len(data) - cut < _CHUNK_BYTES else b""
    yield rest
