"""Measures the tree and refuses what would make it harder to read; `make lint` runs it."""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
FOLDERS = ("tests", "tools", "benchmarks", "scenarios")
READ_BY_PEOPLE = {".py", ".js", ".css", ".j2", ".html", ".toml", ".md"}
"""What is generated, the locks of releases above all, has other suffixes."""

LINES_MAX = 400
"""About ten screens: a file beyond it holds two things."""
FUNCTION_LINES_MEDIAN_MAX = 7
FUNCTION_LINES_P90_MAX = 20
"""From signature to end. Quality shows in the tail, so the ninth tenth has a bound of its own."""


@dataclass(frozen=True, slots=True)
class Functions:
    """How long the functions of a tree are, in lines."""

    count: int
    lines_median: float
    lines_p90: int
    lines_max: int


def sources(folders: Iterable[Path]) -> list[Path]:
    """Return every file in those folders that people read, sorted."""
    found = (path for folder in folders for path in folder.rglob("*"))
    return sorted(path for path in found if path.suffix in READ_BY_PEOPLE)


def too_long(files: Iterable[Path]) -> list[str]:
    """Return a sentence for each file of more than `LINES_MAX` lines."""
    counted = ((path, _lines(path)) for path in files)
    return [
        f"{path}: {lines} lines, where {LINES_MAX} are the most: split it by what it is about"
        for path, lines in counted
        if lines > LINES_MAX
    ]


def _lines(path: Path) -> int:
    return len(path.read_bytes().splitlines())


def functions(files: Iterable[Path]) -> Functions:
    """Measure every function of some Python files, methods and inner ones included; one at least."""
    lines = sorted(each for path in files if path.suffix == ".py" for each in _function_lines(path))
    return Functions(len(lines), statistics.median(lines), lines[int(len(lines) * 0.9)], lines[-1])


def _function_lines(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def drawn_out(measured: Functions) -> list[str]:
    """Return a sentence for each bound that the functions break."""
    said = []
    if measured.lines_median > FUNCTION_LINES_MEDIAN_MAX:
        said.append(
            f"the median function has {measured.lines_median:g} lines, more than {FUNCTION_LINES_MEDIAN_MAX}"
        )
    if measured.lines_p90 > FUNCTION_LINES_P90_MAX:
        said.append(
            f"one function in ten has {measured.lines_p90} lines or more, "
            f"where {FUNCTION_LINES_P90_MAX} are the most"
        )
    return said


def circles(package: str) -> list[frozenset[str]]:
    """Return the groups of modules that import each other in a circle; imports for types only count too."""
    graph = grimp.build_graph(package, exclude_type_checking_imports=False, cache_dir=None)
    found = set()
    for module in graph.modules:
        around = graph.find_upstream_modules(module) & graph.find_downstream_modules(module)
        if around:
            found.add(frozenset(around | {module}))
    return sorted(found, key=sorted)


def circular(found: Iterable[frozenset[str]]) -> list[str]:
    """Return a sentence for each circle."""
    return [
        f"a circle of imports: {', '.join(sorted(circle))}: pass what is needed as an argument"
        for circle in found
    ]


def main(root: Path = ROOT, package: str = "harness") -> int:
    """Print the figures, then what is refused; the exit status is 1 if anything is."""
    files = sources([root / package, *(root / folder for folder in FOLDERS)])
    own = [path for path in files if path.is_relative_to(root / package)]
    measured = functions(own)
    refused = too_long(files) + drawn_out(measured) + circular(circles(package))
    print(
        f"{package}: {len(own)} files, {sum(map(_lines, own))} lines, {measured.count} functions "
        f"(lines: median {measured.lines_median:g}, p90 {measured.lines_p90}, longest {measured.lines_max})"
    )
    for sentence in refused:
        print(f"house: {sentence.replace(f'{root}/', '')}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    raise SystemExit(main())
