"""Reports without their pictures, of which each takes a second: most tests look at other parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def undrawn() -> Iterator[None]:
    """Leave the pictures out of every page that is written meanwhile; all else is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.report.picture.draw_pictures", lambda _: ())
        patch.setattr("harness.compare.page.timelines", lambda _: ())
        patch.setattr("harness.compare.page.draw_dots", lambda *_: "")
        yield
