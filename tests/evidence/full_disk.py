"""A disk that is full: the kernel's own refusal, for whatever is written by way of a draft."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.evidence import drafts

FULL = Path("/dev/full")
"""Takes no byte, as a full disk does."""

_fill = drafts._fill


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no draft takes a byte, in this process and this test."""

    def fill(fd: int, data: bytes, *, sync: bool) -> None:
        full = os.open(FULL, os.O_WRONLY)
        os.dup2(full, fd)
        os.close(full)
        _fill(fd, data, sync=sync)

    monkeypatch.setattr(drafts, "_fill", fill)
