"""From a judged run to pages, pictures and text."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.report.summary import print_summary, summary_lines
    from harness.report.write import write_report

__all__ = ["print_summary", "summary_lines", "write_report"]

_LIES_IN = {"print_summary": "summary", "summary_lines": "summary", "write_report": "write"}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and then only: taking a port for the live page needs no judge."""
    if name not in _LIES_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LIES_IN[name]}"), name)
