"""What the body of an answer must hold, in checks that say what is missing or whose it is instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson


class BadAnswerError(Exception):
    """The status was right and the body was not: says what is missing or about whom it is instead."""


def document(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is.

    Raises:
        BadAnswerError: it is none; like all of these.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadAnswerError(f"the body of {len(body)} bytes is not JSON") from None
    if not isinstance(value, dict):
        raise BadAnswerError("the body is not a JSON object")
    return value


def at(told: Mapping[str, Any], *keys: str) -> object:
    """What stands there."""
    value: object = told
    for depth, key in enumerate(keys, start=1):
        if not isinstance(value, dict) or key not in value:
            raise BadAnswerError(f"{'.'.join(keys[:depth])} is missing")
        value = value[key]
    return value


def same(told: Mapping[str, Any], due: object, *keys: str) -> None:
    """That what stands there is what was due."""
    need_same(keys, at(told, *keys), due)


def need_same(keys: tuple[str, ...], seen: object, due: object) -> None:
    """That a value that was seen is the one that was due; `keys` say where it stood."""
    if seen != due or type(seen) is not type(due):
        raise BadAnswerError(f"{'.'.join(keys)} is {str(seen)[:64]!r} instead of {due!r}")


def same_attributes(told: Mapping[str, Any], kind: str, due: Mapping[str, object]) -> None:
    """That a user or project has the attributes that were asked for."""
    for key, value in due.items():
        same(told, value, kind, key)


def text_at(told: Mapping[str, Any], *keys: str) -> str:
    """The text that stands there, which is not empty."""
    value = at(told, *keys)
    if not isinstance(value, str) or not value:
        raise BadAnswerError(f"{'.'.join(keys)} is not a text")
    return value


def time_at(told: Mapping[str, Any], *keys: str) -> datetime:
    """The time that stands there."""
    value = text_at(told, *keys)
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise BadAnswerError(f"{'.'.join(keys)} is not a time: {value[:40]!r}") from None
