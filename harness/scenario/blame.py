"""Who gave a scenario what is wrong with it: its file, or an option that came after."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from harness.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Given:
    """A value that an option gave."""

    source: str
    """The option, as a refusal names it."""
    key: str
    """The first part of the key that it is for."""
    apply: Callable[[dict[str, Any]], None]
    """Puts it into the document."""


def at_fault(file: str, written: Mapping[str, Any], given: Sequence[Given], wrong: Mapping[str, Any]) -> str:
    """From whom on just this is wrong to the end, each having added to the document in turn.

    Args:
        file: the scenario's file, as a refusal names it.
        written: what stands in it.
        given: what was given after it, in order.
        wrong: what is wrong with all of it together, as pydantic has it.
    """
    for place in reversed(range(len(given))):
        # What is for another key changes nothing of it, and a whole validation is saved.
        concerns = not wrong["loc"] or given[place].key == wrong["loc"][0]
        if concerns and not _has(_together(written, given[:place]), wrong):
            return given[place].source
    return file


def _together(written: Mapping[str, Any], given: Sequence[Given]) -> dict[str, Any]:
    document = copy.deepcopy(dict(written))
    for each in given:
        each.apply(document)
    return document


def _has(document: Mapping[str, Any], wrong: Mapping[str, Any]) -> bool:
    try:
        Scenario.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return any(_alike(each) == _alike(wrong) for each in found)
    return False


def _alike(error: Mapping[str, Any]) -> tuple[str, ...]:
    """By their words, for NaN is not equal to itself; of the whole, whatever else stands in it."""
    keys = ("loc", "type", "msg", *(("input",) if error["loc"] else ()))
    return tuple(str(error[key]) for key in keys)
