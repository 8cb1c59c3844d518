"""A row of the ledger, parsed where it is what it should be."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

_Parsed = TypeVar("_Parsed")


def parsed(adapter: TypeAdapter[_Parsed], row: object) -> _Parsed | None:
    """What a row says; None where it is damaged, which the caller counts."""
    try:
        return adapter.validate_python(row)
    except ValidationError:
        return None
