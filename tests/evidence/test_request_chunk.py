"""The two readers of request lines, by columns and one by one: whatever the lines hold, they read alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.evidence import request_chunk
from harness.evidence.request_chunk import Chunk, parse_chunk
from harness.evidence.request_line import KEYS, BadLineError
from tests.evidence.test_requests import record

GOOD = [
    orjson.dumps(record(0)),
    orjson.dumps(
        record(1, outcome="failed", status=502, error="http_5xx", node=None, release=None, detail="x")
    ),
    orjson.dumps(record(2, outcome="unsent", status=0, error="no_room", request_id=None)),
    orjson.dumps(record(3, detail="a, comma", outcome="unknown", error="reset")),
]
VALUES = (
    *(
        b"null",
        b"true",
        b"0",
        b"-0",
        b"00",
        b"007",
        b"+7",
        b"-1",
        b"1.0",
        b"1e3",
        b"0x10",
        b" 5",
        b"5 ",
        b"NaN",
    ),
    *(
        b'"x"',
        b'""',
        b'"a\\u0000b"',
        b'"\\ud800"',
        b'"a\x01b"',
        b'"a\x00b"',
        b'"\xc3\xa9"',
        b'"\xff"',
        b'"a"b"',
    ),
    *(b"[]", b"{}", b'{"a":1}', b"[1]", b"x", b"", b"9223372036854775807", b"9223372036854775808"),
    *(b"99999999999999999999", b'"req-1"}', b'"a\\"b"', b'"a\rb"', b"999", b"1000", b'"ok"', b'"failed"'),
)


def _read(data: bytes, *, one_by_one: bool) -> object:
    """All that a chunk says, or the line that it is refused for."""
    try:
        chunk = (
            request_chunk._parse_lines(request_chunk._split(data, 7)) if one_by_one else parse_chunk(data, 7)
        )
    except BadLineError as error:
        return error.at, error.problem
    return _told(chunk)


def _told(chunk: Chunk) -> object:
    words = {
        key: [None if code < 0 else coded.words[code] for code in coded.codes.tolist()]
        for key, coded in chunk.coded.items()
    }
    numbers = {key: column.tolist() for key, column in chunk.numbers.items()}
    return numbers, chunk.status.tolist(), words, chunk.line_at.tolist(), chunk.key.tolist(), chunk.malformed


def _with_value(line: bytes, key: str, value: bytes) -> bytes:
    row: dict[str, Any] = orjson.loads(line)
    cells = [b'"%s":%s' % (name.encode(), value if name == key else orjson.dumps(row[name])) for name in row]
    return b"{" + b",".join(cells) + b"}"


def _with_bytes(line: bytes, at: int, inserted: bytes, removed: int) -> bytes:
    at %= len(line) + 1
    return line[:at] + inserted + line[at + removed :]


_DAMAGES = st.one_of(
    st.builds(_with_value, st.sampled_from(GOOD), st.sampled_from(KEYS), st.sampled_from(VALUES)),
    st.builds(
        _with_bytes,
        st.sampled_from(GOOD),
        st.integers(0, 400),
        st.sampled_from(
            [b"", b" ", b",", b'"', b"\\", b"\r", b"\x00", b"\xff", b"}", b"{", b"0", b"\xef\xbb\xbf"]
        )
        | st.binary(max_size=3).map(lambda inserted: inserted.replace(b"\n", b"")),
        st.integers(0, 3),
    ),
    st.sampled_from(
        [b"", b"  ", b"{}", b"[]", b"null", b'{"footer":{}}', b'{"header":{}}', b"\r", b"\xef\xbb\xbf"]
    ),
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(GOOD) | _DAMAGES, min_size=1, max_size=5))
@example([_with_value(GOOD[0], "seq", b"007")])
@example([_with_value(GOOD[0], "intended_ns", b"0x10")])
@example([_with_value(GOOD[0], "detail", b"7")])
@example([_with_value(GOOD[0], "detail", b"x")])
@example([_with_value(GOOD[0], "request_id", b"7")])
@example([_with_value(GOOD[0], "request_id", b'"a"b"')])
@example([_with_value(GOOD[0], "request_id", b'"a\\"')])
@example([_with_value(GOOD[0], "request_id", b'"a\x01"')])
@example([_with_value(GOOD[0], "outcome", b"{}")])
@example([_with_value(GOOD[0], "outcome", b"[]"), GOOD[3]])
@example([b"\xef\xbb\xbf" + GOOD[0]])
@example([GOOD[0] + b"\r"])
@example([GOOD[0], b"", GOOD[3], GOOD[1]])
@example([GOOD[3], GOOD[0]])
def test_a_stretch_of_lines_is_read_as_its_lines_are_one_by_one(lines: list[bytes]) -> None:
    """Of 4,000 damaged stretches 297 had been read in two ways, by what stood beside the damage."""
    data = b"\n".join(lines) + b"\n"
    assert _read(data, one_by_one=False) == _read(data, one_by_one=True)


def test_lines_with_a_comma_stand_where_they_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [GOOD[number] for number in (3, 0, 1, 3, 3, 2, 0, 3) * 20]
    data = b"\n".join(lines) + b"\n"
    monkeypatch.setattr(request_chunk, "_split", None)  # by columns alone
    seq = [orjson.loads(line)["seq"] for line in lines]
    assert np.array_equal(parse_chunk(data, 0).numbers["seq"], seq)


def test_a_line_that_is_not_utf8_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    chunk = parse_chunk(b"\n".join([GOOD[0], b"\xff\xfe\x00", GOOD[3]]) + b"\n", 0)
    assert (chunk.malformed, chunk.numbers["seq"].tolist()) == (1, [0, 3])
    assert capfd.readouterr() == ("", "")
