"""Reads TOML that a person wrote: of a scenario, a gate, arms, or `--set` on the command line."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.refusal import escaped, shortened, shown
from harness.scenario.toml_bounds import PARTS_MAX, need_bounds

BYTES_MAX = 100_000
"""The longest scenario that ships has 4 KB; nothing longer was written by hand."""
_WHY_CHARS_MAX = 300
"""The parser repeats a key that it objects to, however long."""
_PART = re.compile(r"'([^']*)'")
_KEY = re.compile(r"\((?:'[^']*'(?:, |,)?)+\)")
_TEXT_KEYS = frozenset({("from",), ("to",), ("name",), ("description",)})
"""Keys whose value is text even where it looks like a number: `--set to=2026.2`."""

_TOLD_MAX = 12
"""So many operations can be probed."""

Override = tuple[tuple[str, ...], Any]
"""The parts of a dotted key, and the value that it gets."""


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The document in a file.

    Args:
        path: a regular file.
        what: what it is to the person who named it, such as `the scenario`.

    Raises:
        UsageError: it can not be read, is no regular file or too long, or is not TOML.
    """
    source = escaped(str(path))
    try:
        data = _bytes(path)
    except OSError as error:
        raise UsageError(f"{source}: {what} cannot be read ({error.strerror}).") from error
    except ValueError as error:  # a NUL in it, which no system takes
        raise UsageError(f"{source}: {what} cannot be read (no file is called like this).") from error
    if data is None:
        raise UsageError(f"{source}: {what} is no regular file; give one.")
    if len(data) > BYTES_MAX:
        raise UsageError(f"{source}: {what} is longer than {BYTES_MAX:,} bytes; leave out what nobody needs.")
    return _parsed(data, source)


def _bytes(path: Path) -> bytes | None:
    """At most one byte more than is allowed; None where it is no regular file."""
    # Without waiting: opening a pipe to which nobody writes would take for ever.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        return file.read(BYTES_MAX + 1) if stat.S_ISREG(os.fstat(fd).st_mode) else None


def _parsed(data: bytes, source: str) -> dict[str, Any]:
    try:
        return _loaded(_decoded(data))
    except ValueError as error:
        raise UsageError(f"{source}: not valid TOML: {escaped(_why(error))}.") from error


def _why(error: ValueError) -> str:
    """The parser's words, with a key as its writer knows it: `a.b` for `('a', 'b')`."""
    words = _KEY.sub(lambda key: ".".join(_PART.findall(key[0])), str(error))
    return shortened(words, _WHY_CHARS_MAX)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: it is no text in UTF-8") from error


def _loaded(text: str) -> dict[str, Any]:
    need_bounds(text)
    try:
        return tomllib.loads(text)
    except (RecursionError, OverflowError, MemoryError) as error:
        raise ValueError("its values are more than this machine can hold") from error


def parse_override(override: str) -> Override:
    """What one `--set key=value` says; a value that is no TOML is text.

    Raises:
        UsageError: there is no key, or no value.
    """
    key, separator, text = override.partition("=")
    parts = tuple(part.strip() for part in key.split("."))
    if not separator or not all(parts) or len(override) > BYTES_MAX or len(parts) > PARTS_MAX:
        raise UsageError(f"{named(override)}: expected key=value, e.g. --set roll.settle_s=5.")
    return parts, text.strip() if parts in _TEXT_KEYS else _value(text.strip())


def named(override: str) -> str:
    """How a refusal names the option and what was given with it."""
    return option("set", override)


def option(name: str, value: str) -> str:
    """How a refusal names an option and what was given with it, short and printable."""
    return f"--{name} {shown(value)[1:-1]}"


def _value(text: str) -> Any:
    try:
        document = _loaded(f"value = {text}")
    except ValueError:
        return text  # a bare word is a string
    # A second key would be read, and left out without a word.
    return document["value"] if len(document) == 1 else text


def apply_override(document: dict[str, Any], override: str) -> None:
    """Set the key that a `--set` names, with the tables above it where they are missing.

    Of the array `probes` the operation names one: `probes.token_issue.rate_hz=5`.

    Raises:
        UsageError: it is no key with a value, or a key above it has a value that is no table.
    """
    (*parents, last), value = parse_override(override)
    table = document
    if parents[:1] == ["probes"] and len(parents) > 1:
        table, parents = _probe(document, parents[1], override), parents[2:]
    for parent in parents:
        below = table.setdefault(parent, {})
        if not isinstance(below, dict):
            raise UsageError(f"{named(override)}: {parent} is not a table; edit the scenario file instead.")
        table = below
    table[last] = value


def _probe(document: dict[str, Any], op: str, override: str) -> dict[str, Any]:
    probes = document.get("probes")
    tables = [each for each in probes if isinstance(each, dict)] if isinstance(probes, list) else []
    for each in tables:
        if each.get("op") == op:
            return each
    there = ", ".join(shown(each.get("op")) for each in tables[:_TOLD_MAX]) or "none"
    raise UsageError(f"{named(override)}: there is no probe of {shown(op)}; the scenario has: {there}.")
