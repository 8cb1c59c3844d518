"""What comes from other projects is what they published."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import harness.report.explore

UPLOT = Path(harness.report.explore.__file__).parent / "assets" / "uplot"


def test_each_file_of_the_chart_library_has_the_hash_that_its_readme_tells() -> None:
    told = dict(re.findall(r"\| `(\S+)` \| `([0-9a-f]{64})` \|", (UPLOT / "README.md").read_text()))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in UPLOT.glob("uPlot.*")}
    assert told == found
    assert sorted(found) == ["uPlot.iife.min.js", "uPlot.min.css"]


def test_its_licence_travels_with_it() -> None:
    assert "Permission is hereby granted, free of charge" in (UPLOT / "LICENSE").read_text()
