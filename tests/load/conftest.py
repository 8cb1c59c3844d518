"""Fixtures of the load's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.keystone_double import FakeKeystone, serving


@pytest.fixture
def server() -> Iterator[FakeKeystone]:
    with serving() as running:
        yield running
