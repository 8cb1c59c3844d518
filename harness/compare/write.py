"""Writes a comparison into a folder of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from harness.compare.answer import answer
from harness.compare.comparison import ArmsComparison
from harness.compare.document import document_bytes
from harness.compare.notes import notes
from harness.compare.page import render_page
from harness.compare.summary import summary_markdown
from harness.errors import UsageError
from harness.evidence.drafts import replace_file

PAGE = "compare.html"


def write_comparison(comparison: ArmsComparison, folder: Path) -> Path:
    """Write `compare.json`, `summary.md` and, last, `compare.html`; the same runs give the same bytes.

    Returns:
        The page.

    Raises:
        UsageError: the folder cannot be written.
    """
    answered, told = answer(comparison), notes(comparison)
    page = folder / PAGE
    try:
        replace_file(folder / "compare.json", document_bytes(comparison, answered, told))
        replace_file(folder / "summary.md", summary_markdown(comparison, answered, told).encode())
        replace_file(page, render_page(comparison, answered, told, folder).encode())
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder}: the comparison cannot be written ({error.strerror}); "
            "make its folder writable, or choose another with --out."
        ) from error
    return page


def make_folder(out: Path) -> Path:
    """Make `<out>/<UTC stamp>/`, for its owner only.

    Raises:
        UsageError: it cannot be made.
    """
    folder = out.absolute() / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise UsageError(
            f"{folder}: the folder of the comparison cannot be made ({error.strerror}); "
            f"choose another place with --out, or make {out} writable."
        ) from error
    return folder
