"""From a judged run to pages, pictures and text."""

from __future__ import annotations

from harness.report.summary import print_summary, summary_lines
from harness.report.write import write_report

__all__ = ["print_summary", "summary_lines", "write_report"]
