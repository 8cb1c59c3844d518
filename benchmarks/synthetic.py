"""Makes synthetic run directories of any number of records, as fast as the disk takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from harness.evidence.manifest import read_manifest, write_manifest
from harness.evidence.names import PROBED_PHASES, Connection, Operation
from harness.evidence.records import Lane, Record
from harness.evidence.rundir import RunDirectory
from harness.evidence.seal import sealed_files

_BATCH = 100_000
"""Records made at a time: 30 MB, and a multiple of everything that repeats."""
_T0_NS = 100_000_000_000_000
"""Fifteen digits from the first record to the last, so that all lines of a batch are equally long."""
_LATENCY_NS = 25_000_000
_OLD, _NEW = "27.1.0", "29.1.0"
_NODES = ("node1", "node2", "node3")


def lanes(rate_hz: float) -> tuple[Lane, ...]:
    """Eight probe lanes, each with `rate_hz` arrivals a second."""
    return tuple(
        Lane(f"{op}/{connection}", op, connection, rate_hz, 10.0)
        for op in (
            Operation.TOKEN_ISSUE,
            Operation.TOKEN_VALIDATE,
            Operation.USER_GET,
            Operation.PROJECT_LIST,
        )
        for connection in Connection
    )


def make_run(path: Path, records: int, rate_hz: float = 1_000.0) -> RunDirectory:
    """A run in which every request went well and whose last third was answered by the new release.

    Args:
        path: folder to make it in.
        records: how many requests, in one file of eight lanes.
        rate_hz: arrivals a second in each lane; with the number of records it makes the run's length.
    """
    run = RunDirectory(path)
    run.requests.mkdir(mode=0o700, parents=True)
    declared = lanes(rate_hz)
    apart_ns = round(1e9 / rate_hz / len(declared))
    _write_requests(run.requests / "probes.jsonl", declared, records, apart_ns)
    _write_manifest(run)
    _write_journal(run, records * apart_ns)
    # As every run that came to its end: the judge pays for the seal.
    write_manifest(run.manifest, read_manifest(run.manifest), sealed_files(run))
    return run


def _write_requests(path: Path, declared: tuple[Lane, ...], records: int, apart_ns: int) -> None:
    header = {
        "file": path.name,
        "clock": {"wall_ns": 0, "mono_ns": 0},
        "lanes": [asdict(lane) for lane in declared],
    }
    footer = {"records": records, "unsent": 0, "lag_p99_ms": 0.1, "lag_max_ms": 0.1, "faults": []}
    with path.open("wb") as file:
        file.write(orjson.dumps({"header": header}, option=orjson.OPT_APPEND_NEWLINE))
        for first, stop in _batches(records):
            release = _NEW if first >= records * 2 // 3 else _OLD
            file.write(_batch(declared, first, stop, apart_ns, release))
        file.write(orjson.dumps({"footer": footer}, option=orjson.OPT_APPEND_NEWLINE))


def _batches(records: int) -> Iterator[tuple[int, int]]:
    """Stretches of records whose `seq` has the same number of digits."""
    first = 0
    while first < records:
        digits_end = 10 ** len(str(first))
        stop = min(records, first + _BATCH, digits_end)
        yield first, stop
        first = stop


def _batch(declared: tuple[Lane, ...], first: int, stop: int, apart_ns: int, release: str) -> bytes:
    """Lines of a batch, lanes taking turns: each lane's line is a mould into which digits are pressed."""
    numbers = np.arange(first, stop, dtype=np.int64)
    turns = [np.flatnonzero(numbers % len(declared) == turn) for turn in range(len(declared))]
    lines = [
        _pressed(lane, numbers[rows], apart_ns, release, len(str(first)))
        for lane, rows in zip(declared, turns, strict=True)
    ]
    # Lines differ in length by the lane's name: they are laid out in a grid, padded with NULs that are then
    # left out.
    grid = np.zeros((len(numbers), max(line.shape[1] for line in lines)), np.uint8)
    for rows, line in zip(turns, lines, strict=True):
        grid[rows, : line.shape[1]] = line
    flat = grid.ravel()
    return bytes(flat[flat != 0].tobytes())


def _pressed(
    lane: Lane, numbers: NDArray[np.int64], apart_ns: int, release: str, digits: int
) -> NDArray[np.uint8]:
    due = _T0_NS + numbers * apart_ns
    record = Record(
        seq=10 ** (digits - 1) if digits > 1 else 0,
        lane=lane.lane,
        op=lane.op,
        connection=lane.connection,
        intended_ns=_T0_NS + 1,
        start_ns=_T0_NS + 2,
        end_ns=_T0_NS + 3,
        status=200,
        outcome="ok",
        error=None,
        detail=None,
        node=_NODES[0],
        release=release,
        request_id="req-8b4e1c1a-5f0e-4c39-9a55-000000000000",
    )
    mould = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    grid = np.tile(np.frombuffer(mould, np.uint8), (len(numbers), 1))
    _press(grid, mould, b'"seq":', numbers, digits)
    _press(grid, mould, b'"intended_ns":', due, 15)
    _press(grid, mould, b'"start_ns":', due + 100_000, 15)
    # A few latencies, so that percentiles differ.
    _press(grid, mould, b'"end_ns":', due + _LATENCY_NS + numbers % 997 * 10_000, 15)
    _press(grid, mould, b'"node":"node', numbers // 8 % len(_NODES) + 1, 1)
    _press(grid, mould, b"-000", numbers, 9)
    return grid


def _press(
    grid: NDArray[np.uint8], mould: bytes, after: bytes, numbers: NDArray[np.int64], digits: int
) -> None:
    at = mould.index(after) + len(after)
    for place in range(digits):
        grid[:, at + digits - 1 - place] = ord("0") + numbers // 10**place % 10


def _write_manifest(run: RunDirectory) -> None:
    manifest = {
        "format": 1,
        "scenario": {"impact": {}},
        "from": {"series": "2025.1", "version": _OLD},
        "to": {"series": "2026.1", "version": _NEW},
        "nodes": list(_NODES),
        "clock": {"wall_ns": 0, "mono_ns": _T0_NS},
        "started": "2026-01-01T00:00:00Z",
        "ended": None,
        "outcome": "completed",
        "host": {},
        "seed": 1,
    }
    run.manifest.write_bytes(orjson.dumps(manifest))


def _write_journal(run: RunDirectory, length_ns: int) -> None:
    """Every probed phase, equally long: enough for the figures, not for the procedure's question."""
    part_ns = length_ns // len(PROBED_PHASES)
    rows: list[dict[str, object]] = []
    for number, phase in enumerate(PROBED_PHASES):
        for edge, instant_ns in (("begin", number * part_ns), ("end", (number + 1) * part_ns)):
            rows.append(
                {
                    "seq": len(rows),
                    "mono_ns": _T0_NS + instant_ns,
                    "phase": phase,
                    "step": None,
                    "node": None,
                    "edge": edge,
                    "detail": {},
                }
            )
    run.journal.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
