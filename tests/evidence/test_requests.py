"""Reading request files: what the writer wrote, what a kill left, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.evidence import request_chunk
from harness.evidence.clock import Clock
from harness.evidence.names import Connection, Operation
from harness.evidence.records import Lane, Record, RecordWriter
from harness.evidence.request_chunk import parse_chunk
from harness.evidence.request_line import KEYS
from harness.evidence.requests import OUTCOMES, Requests, read_requests
from harness.evidence.requests import reading as reader

LANES = (
    Lane("token_issue/new", Operation.TOKEN_ISSUE, Connection.NEW, 2.0, 10.0),
    Lane("user_get/reused", Operation.USER_GET, Connection.REUSED, 2.0, 10.0),
)


def record(seq: int, **changes: Any) -> Record:
    values: dict[str, Any] = {
        "seq": seq,
        "lane": LANES[seq % 2].lane,
        "op": str(LANES[seq % 2].op),
        "connection": str(LANES[seq % 2].connection),
        "intended_ns": 1_000 + seq,
        "start_ns": 2_000 + seq,
        "end_ns": 3_000 + seq,
        "status": 200,
        "outcome": "ok",
        "error": None,
        "detail": None,
        "node": f"node{seq % 3}",
        "release": "27.1.0",
        "request_id": f"req-{seq}",
    }
    return Record(**{**values, **changes})


FAILED = {"outcome": "failed", "status": 502, "error": "http_5xx", "node": None, "release": None}


def written(path: Path, records: list[Record], name: str = "probes.jsonl", *, close: bool = True) -> Path:
    writer = RecordWriter(path / name, LANES, Clock(0, 0))
    for each in records:
        writer.write(each)
    if close:
        writer.close(1.5, 2.5)
    else:
        writer.flush()
    return path / name


def rows(requests: Requests) -> list[tuple[str, int, str, str | None, str | None]]:
    """Lane, intended time, outcome, node and error of every request."""
    found = []
    for number, lane in enumerate(requests.lanes):
        part = requests.of(number)
        for row in range(len(part)):
            node, error = int(part.node[row]), int(part.error[row])
            found.append(
                (
                    lane.lane,
                    int(part.intended_ns[row]),
                    str(OUTCOMES[part.outcome[row]]),
                    requests.nodes[node] if node >= 0 else None,
                    requests.errors[error] if error >= 0 else None,
                )
            )
    return found


def test_what_the_writer_wrote_is_read_by_lane_and_intended_time(tmp_path: Path) -> None:
    late = record(0, intended_ns=9_000, start_ns=9_000, end_ns=9_500)
    path = written(tmp_path, [late, record(1), record(2), record(3, **FAILED)])

    requests = read_requests([path])

    assert rows(requests) == [
        ("token_issue/new", 1_002, "ok", "node2", None),
        ("token_issue/new", 9_000, "ok", "node0", None),
        ("user_get/reused", 1_001, "ok", "node1", None),
        ("user_get/reused", 1_003, "failed", None, "http_5xx"),
    ]
    (file,) = requests.files
    assert (file.records, file.torn, file.malformed, file.seq_missing, file.seq_repeated) == (4, 0, 0, 0, 0)
    assert file.footer is not None
    assert file.footer.records == 4


def test_lines_of_the_writer_are_read_as_a_table_not_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer's layout and the reader's must not drift apart: that costs a factor of eight."""

    def one_by_one(_: object) -> None:
        raise AssertionError("the lines were not laid out as a table")

    monkeypatch.setattr(request_chunk, "_parse_lines", one_by_one)
    lines = [record(0), record(1, **FAILED), record(2, detail="no comma", error="other", outcome="unknown")]
    data = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)

    assert parse_chunk(data, 0).numbers["seq"].tolist() == [0, 1, 2]


def test_texts_of_failed_requests_are_found_again_in_the_file(tmp_path: Path) -> None:
    first = written(tmp_path, [record(0), record(1, **FAILED, detail="one"), record(2, **FAILED)])
    lane = {"lane": "x", "op": "user_get", "connection": "new", "rate_hz": None, "deadline_s": 1.0}
    header = {"header": {"lanes": [lane]}}
    failed = record(0, **FAILED, detail='a, "quoted" comma, too')
    other = tmp_path / "users.jsonl"
    other.write_bytes(
        orjson.dumps(header)
        + b"\n"
        + orjson.dumps({**orjson.loads(orjson.dumps(failed)), "lane": "x"})
        + b"\n"
    )

    requests = read_requests([first, other])
    places = requests.records.line_at[requests.records.line_at >= 0]

    assert sorted((text.detail or "", text.request_id) for text in requests.texts(places)) == [
        ("", "req-2"),
        ('a, "quoted" comma, too', "req-0"),
        ("one", "req-1"),
    ]


def test_a_torn_last_line_is_skipped_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path, [record(0), record(1)], close=False)
    path.write_bytes(path.read_bytes()[:-30])

    (file,) = read_requests([path]).files

    assert (file.records, file.torn, file.footer) == (1, 1, None)


def test_a_last_line_that_lacks_only_its_newline_is_whole(tmp_path: Path) -> None:
    path = written(tmp_path, [record(0), record(1)], close=False)
    path.write_bytes(path.read_bytes()[:-1])

    (file,) = read_requests([path]).files

    assert (file.records, file.torn) == (2, 0)


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line[:60],
        lambda line: b"\x00" * len(line),
        lambda _: b"[1, 2]",
        lambda _: b'{"footer": {}}',
        lambda line: line[:-1],
        lambda line: line + line,
        lambda line: line.replace(b'"ok"', b"ok"),
    ],
)
def test_a_damaged_line_in_the_middle_costs_that_line_alone(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = written(tmp_path, [record(seq) for seq in range(5)])
    lines = path.read_bytes().splitlines()
    lines[3] = damage(lines[3])
    path.write_bytes(b"\n".join(lines) + b"\n")

    requests = read_requests([path])
    (file,) = requests.files

    assert (file.records, file.malformed, file.seq_missing) == (4, 1, 1)
    assert [row[1] for row in rows(requests)] == [1_000, 1_004, 1_001, 1_003]


def test_blank_lines_mean_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, [record(0), record(1)])
    path.write_bytes(path.read_bytes().replace(b'{"seq":1', b'\n{"seq":1'))

    (file,) = read_requests([path]).files

    assert (file.records, file.malformed) == (2, 0)


def test_an_empty_file_and_a_torn_header_have_no_lanes(tmp_path: Path) -> None:
    empty, torn = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    empty.write_bytes(b"")
    torn.write_bytes(b'{"header": {"fi')

    files = read_requests([empty, torn]).files

    assert [(file.lanes, file.torn) for file in files] == [((), 0), ((), 1)]


def test_no_file_is_no_request() -> None:
    requests = read_requests([])

    assert (len(requests.records), requests.lanes, requests.files) == (0, (), ())


def test_a_lane_that_the_header_does_not_name_is_counted_and_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, [record(0), record(1, lane="nobody"), record(2)])

    requests = read_requests([path])

    assert requests.files[0].strangers == (("nobody", 1),)
    assert requests.files[0].records == 3
    assert len(requests.records) == 2


def test_gaps_and_repeats_in_the_sequence_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, [record(seq) for seq in (0, 1, 1, 4)])

    (file,) = read_requests([path]).files

    assert (file.seq_missing, file.seq_repeated) == (2, 1)


def test_keys_in_another_order_and_unknown_keys_are_read_as_well(tmp_path: Path) -> None:
    path = written(tmp_path, [record(0), record(1), record(2)])
    lines = path.read_bytes().splitlines()
    row = orjson.loads(lines[2])
    lines[2] = orjson.dumps({"new_field": {"a": [1, 2]}, **dict(reversed(row.items()))})
    path.write_bytes(b"\n".join(lines) + b"\n")

    assert [row[1] for row in rows(read_requests([path]))] == [1_000, 1_002, 1_001]


def test_times_near_the_end_of_the_clock_are_kept_exactly(tmp_path: Path) -> None:
    last = 2**63 - 1
    path = written(tmp_path, [record(0, intended_ns=last - 2, start_ns=last - 1, end_ns=last)])

    requests = read_requests([path])

    assert int(requests.records.intended_ns[0]) == last - 2
    assert int(requests.records.end_ns[0]) == last


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"end_ns": 1}, "'end_ns' is 1, before 'start_ns' 2001"),
        ({"intended_ns": -5}, "'intended_ns' is -5, expected a whole number from 0 to 2^63 - 1"),
        ({"intended_ns": 2**63}, f"'intended_ns' is {2**63}, expected a whole number from 0 to 2^63 - 1"),
        ({"start_ns": 1.5}, "'start_ns' is 1.5, expected a whole number from 0 to 2^63 - 1"),
        ({"seq": True}, "'seq' is true, expected a whole number from 0 to 2^63 - 1"),
        ({"status": "200"}, "'status' is '200', expected a whole number from 0 to 999"),
        ({"outcome": "fine"}, "'outcome' is 'fine', expected one of failed, ok, unknown, unsent"),
        ({"lane": None}, "'lane' is null, expected text"),
        ({"node": 3}, "'node' is 3, expected text or null"),
        ({"error": ["x"]}, "'error' is ['x'], expected text or null"),
    ],
)
def test_an_impossible_value_is_refused_with_file_line_and_key(
    tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    path = written(tmp_path, [record(0), record(1), record(2)])
    lines = path.read_bytes().splitlines()
    lines[2] = orjson.dumps({**orjson.loads(lines[2]), **change})
    path.write_bytes(b"\n".join(lines) + b"\n")

    with pytest.raises(UsageError) as refusal:
        read_requests([path])
    assert str(refusal.value) == (
        f"{path}, line 3: {sentence}; restore the file from where the run was made."
    )


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_key_is_refused_by_name(tmp_path: Path, key: str) -> None:
    path = written(tmp_path, [record(0), record(1)])
    lines = path.read_bytes().splitlines()
    row = orjson.loads(lines[1])
    del row[key]
    lines[1] = orjson.dumps(row)
    path.write_bytes(b"\n".join(lines) + b"\n")

    with pytest.raises(UsageError, match=rf"probes\.jsonl, line 2: the key '{key}' is missing; restore"):
        read_requests([path])


@pytest.mark.parametrize(
    ("first_line", "sentence"),
    [
        (b"{}", "line 1: there is no header that names the lanes; restore"),
        (b"nonsense", "line 1: there is no header that names the lanes; restore"),
        (b'{"header": {"lanes": 3}}', "line 1: header.lanes: 3 is not possible; expected a list; restore"),
        (
            b'{"header": {"lanes": [{"lane": "x"}]}}',
            "line 1: header.lanes: 0.op: is missing; add it; restore",
        ),
    ],
)
def test_a_file_without_a_sound_header_is_refused(tmp_path: Path, first_line: bytes, sentence: str) -> None:
    path = tmp_path / "probes.jsonl"
    path.write_bytes(first_line + b"\n")

    with pytest.raises(UsageError) as refusal:
        read_requests([path])
    assert f"{path}, {sentence} the file from where the run was made." == str(refusal.value)


def test_a_footer_without_its_keys_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, [record(0)], close=False)
    path.write_bytes(path.read_bytes() + b'{"footer": {"records": 1}}\n')

    with pytest.raises(
        UsageError, match=r"last line: footer: unsent: missing required|unsent: is missing; add it"
    ):
        read_requests([path])


def test_a_lane_in_two_files_is_refused(tmp_path: Path) -> None:
    first = written(tmp_path, [record(0)])
    second = written(tmp_path, [record(0)], "workers.jsonl")

    with pytest.raises(
        UsageError, match=r"workers\.jsonl, line 1: the lane 'token_issue/new' stands in probes"
    ):
        read_requests([first, second])


def test_a_file_is_read_alike_whatever_the_size_of_the_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: list[dict[str, Any]] = [{}, FAILED, {**FAILED, "detail": "a, b"}, {"node": None}]
    path = written(tmp_path, [record(seq, **changes[seq % 4]) for seq in range(200)])
    whole = read_requests([path])

    monkeypatch.setattr(reader, "_CHUNK_BYTES", 700)
    pieces = read_requests([path])

    assert rows(pieces) == rows(whole)
    assert np.array_equal(pieces.records.line_at, whole.records.line_at)
    assert pieces.files == whole.files


text = st.none() | st.text(max_size=12)


@given(
    st.lists(
        st.builds(
            dict,
            intended_ns=st.integers(0, 2**62),
            status=st.integers(0, 999),
            outcome=st.sampled_from(["ok", "failed", "unknown", "unsent"]),
            error=text,
            detail=text,
            node=text,
            release=text,
            request_id=text,
        ),
        max_size=12,
    )
)
def test_the_table_and_the_lines_read_the_same(changes: list[dict[str, Any]]) -> None:
    """Whatever texts hold, commas, quotes, newlines, the quick way gives what the plain way gives."""
    lines = [
        record(seq, **change, start_ns=change["intended_ns"], end_ns=change["intended_ns"] + 1)
        for seq, change in enumerate(changes)
    ]
    data = b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)

    quick = parse_chunk(data, 100)
    plain = request_chunk._parse_lines(request_chunk._split(data, 100))

    by_seq = np.argsort(quick.numbers["seq"])
    for key, values in plain.numbers.items():
        assert quick.numbers[key][by_seq].tolist() == values.tolist()
    assert quick.line_at[by_seq].tolist() == plain.line_at.tolist()
    for key, coded in plain.coded.items():
        words = [coded.words[code] if code >= 0 else None for code in coded.codes]
        other = quick.coded[key]
        assert [other.words[c] if c >= 0 else None for c in other.codes[by_seq]] == words
    assert quick.malformed == plain.malformed == 0
