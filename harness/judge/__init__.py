"""From the files of a run directory to findings and a verdict; no network, database or subprocess."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.judge.verdict import judge_run
    from harness.judge.verdict_file import write_verdict

__all__ = ["judge_run", "write_verdict"]

_LIES_IN = {"judge_run": "verdict", "write_verdict": "verdict_file"}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and then only: a refused setting has no use for pandas and scipy."""
    if name not in _LIES_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LIES_IN[name]}"), name)
