"""The table of controls: injected, found, error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from harness.controls.matching import Result, Row
from harness.controls.run import ControlRun
from harness.evidence.drafts import PUBLIC_FILE_MODE, replace_file

_MARKS = {
    Result.AS_DECLARED: "yes",
    Result.MISSED: "NO",
    Result.UNEXPLAINED: "NO",
    Result.UNDECIDED: "undecided",
}
_HEAD = ("control", "what", "phase", "injected s", "found s", "error s", "edges s", "within s", "as declared")


def table(rows: Iterable[Row]) -> Table:
    """Rows for the terminal."""
    made = Table(*_HEAD)
    for row in rows:
        made.add_row(*_cells(row))
    return made


def _cells(row: Row) -> list[str]:
    error = "" if row.error_s is None else f"{row.error_s:+.3f}"
    edges = "" if row.edges_s is None else ", ".join(f"{edge:+.3f}" for edge in row.edges_s)
    cells = [
        row.control,
        row.what,
        row.phase or "",
        _seconds(row.injected_s),
        _seconds(row.found_s),
        error,
        edges,
    ]
    return [*cells, _seconds(row.tolerance_s), _MARKS[row.result]]


def markdown(rows: Sequence[Row]) -> str:
    """The same for a note: a row a line."""
    lines = ["| " + " | ".join(_HEAD) + " |", "|" + "---|" * len(_HEAD)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def write_json(runs: Sequence[ControlRun], path: Path) -> None:
    """Everything the table shows, and where each run lies relative to the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = orjson.dumps([_document(each, path.parent) for each in runs], option=orjson.OPT_INDENT_2)
    replace_file(path, data, mode=PUBLIC_FILE_MODE)


def _document(control_run: ControlRun, folder: Path) -> dict[str, Any]:
    run = control_run.run.relative_to(folder).as_posix() if control_run.run else None
    return {
        "control": control_run.control,
        "as_declared": control_run.as_declared,
        "exit_code": control_run.exit_code,
        "duration_s": round(control_run.duration_s, 3),
        "run": run,
        "rows": [asdict(row) for row in control_run.rows],
    }


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}"
