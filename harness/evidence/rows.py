"""A JSON value held against the type that it should have."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import Field, Strict, TypeAdapter, ValidationError

from harness.errors import UsageError
from harness.refusal import problem

# Strict: text is no number, and true is no 1. Keys that a later program added are left alone everywhere.
Natural = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
"""A count, or nanoseconds of a clock."""
Whole = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""Seconds of a clock that may be set, too, so that less than none is possible."""
Flag = Annotated[bool, Strict()]

_Parsed = TypeVar("_Parsed")


def parsed(adapter: TypeAdapter[_Parsed], value: object) -> _Parsed | None:
    """What a value says; None where it is damaged, which the caller counts."""
    try:
        return adapter.validate_python(value)
    except (ValidationError, RecursionError):
        return None


def needed(adapter: TypeAdapter[_Parsed], value: object, place: str, whole: str = "") -> _Parsed:
    """What a value says, where nothing can be judged without it.

    Args:
        adapter: of the type that it should have.
        value: as it was read.
        place: the file, and where in it.
        whole: what to call the value where no key of it is at fault.

    Raises:
        UsageError: it is of another type, or its number out of bounds.
    """
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise UsageError(
            f"{place}: {problem(error, whole=whole)}; restore the file from where the run was made."
        ) from error
