"""Runs every `bench_*` module, `python -m benchmarks [--quick] [NAME ...]`: a table, and JSON to keep."""

from __future__ import annotations

import importlib
import json
import math
import os
import pkgutil
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.measurement import Measurement
from harness.errors import HarnessError

RESULTS = Path(__file__).parent / "results"
_PREFIX = "bench_"
Measure = Callable[[bool], list[Measurement]]


@click.command()
@click.argument("names", nargs=-1)
@click.option("--quick", is_flag=True, help="Shorter runs: enough to see that it works, too noisy to cite.")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, help="Folder of the JSON file.")
def main(names: tuple[str, ...], quick: bool, results: Path) -> None:
    """Measure NAMES, or everything; exits 1 where a goal is missed."""
    console = Console()
    found: list[Measurement] = []
    for name in names or available():
        console.print(f"measuring {name} ...")
        found += _measure(name, quick)
    console.print(table(found))
    path = write(found, quick, results)
    console.print(f"written to {path}")
    missed = [measurement for measurement in found if reaches_goal(measurement) is False]
    sys.exit(1 if missed else 0)


def available() -> tuple[str, ...]:
    """Names of all benchmarks, sorted."""
    modules = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return tuple(sorted(name.removeprefix(_PREFIX) for name in modules if name.startswith(_PREFIX)))


def reaches_goal(measurement: Measurement) -> bool | None:
    """Whether the figure is within its goal; None where it has none. A figure that is no number misses."""
    if measurement.goal is None:
        return None
    if measurement.at_most:
        return measurement.value <= measurement.goal
    return measurement.value >= measurement.goal


def table(found: list[Measurement]) -> Table:
    """Every figure, its goal and whether it is reached."""
    drawn = Table(title="benchmarks")
    for column in ("benchmark", "case", "figure"):
        drawn.add_column(column)
    for column in ("value", "goal", ""):
        drawn.add_column(column, justify="right")
    for each in found:
        figure = f"{each.figure}, ratio to {each.ratio_to}" if each.ratio_to else each.figure
        drawn.add_row(each.benchmark, each.case, figure, _number(each.value), _goal(each), _mark(each))
    return drawn


def write(found: list[Measurement], quick: bool, results: Path) -> Path:
    """Write the figures with the machine they were measured on; returns the file."""
    results.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    document = {
        "measured": now.isoformat(timespec="seconds"),
        "quick": quick,
        "machine": {
            "cores": os.cpu_count(),
            "kernel": platform.release(),
            "load_average": [round(value, 2) for value in os.getloadavg()],
        },
        "software": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("gevent", "geventhttpclient", "locust", "pandas")},
        },
        "measurements": [_json(measurement) for measurement in found],
    }
    path = results / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")
    return path


def _measure(name: str, quick: bool) -> list[Measurement]:
    if name not in available():
        raise click.UsageError(f"there is no benchmark {name!r}; there are: {', '.join(available())}.")
    measure: Measure = importlib.import_module(f"benchmarks.{_PREFIX}{name}").measure
    try:
        return measure(quick)
    except HarnessError as error:
        raise click.ClickException(f"{name}: {error}") from error


def _json(measurement: Measurement) -> dict[str, object]:
    value = None if math.isnan(measurement.value) else measurement.value
    return {**asdict(measurement), "value": value, "reaches_goal": reaches_goal(measurement)}


def _number(value: float) -> str:
    return "not measured" if math.isnan(value) else f"{value:,g}" if abs(value) < 1e5 else f"{value:,.0f}"


def _goal(measurement: Measurement) -> str:
    if measurement.goal is None:
        return ""
    return f"{'at most' if measurement.at_most else 'at least'} {measurement.goal:,g}"


def _mark(measurement: Measurement) -> str:
    reached = reaches_goal(measurement)
    return "" if reached is None else "reached" if reached else "MISSED"


if __name__ == "__main__":
    main()
