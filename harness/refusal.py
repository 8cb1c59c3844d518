"""One sentence for a person, from what pydantic holds against a file or a setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

_VALUE_CHARS_MAX = 60
_KEY_CHARS_MAX = 120
_REASON_CHARS_MAX = 600
"""The longest of ours names all operations, or all keys of a table."""

_WANTED: Mapping[str, str] = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_short": "{min_length} characters or more",
    "string_too_long": "{max_length} characters or fewer",
    "string_pattern_mismatch": "text that matches {pattern}",
    "too_short": "{min_length} entries or more",
    "too_long": "{max_length} entries or fewer",
    "finite_number": "a finite number",
}
"""What was expected, by the type of pydantic's error, with its bounds."""
_WANTED_OF_A_KIND: Mapping[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list",
    "list": "a list",
    "set": "a list",
    "frozen": "a list",
    "dict": "a table",
    "mapping": "a table",
    "model": "a table",
    "dataclass": "a table",
    "datetime": "a date and time, such as 2026-12-31T23:59:59Z",
    "date": "a date, such as 2026-12-31",
    "path": "a path",
    "none": "nothing",
    "json": "JSON",
}
"""Likewise where the value is of another kind, by the first word of the error's type."""


def problem(
    error: ValidationError,
    model: type[BaseModel] | None = None,
    *,
    whole: str = "",
    tell_values: bool = True,
) -> str:
    """What is wrong with the first key that is: one printable line without a full stop.

    A key that nobody knows goes before one that is missing: who misspelt a key has left it out as well, and
    its own name is what helps.

    Args:
        error: what validation raised.
        model: what was validated; with it an unknown key is told with the keys that are known beside it.
        whole: what to call the whole where no single key is at fault.
        tell_values: False where the values are secret.
    """
    first = foremost(error)
    loc = first["loc"]
    key = shortened(".".join(str(part) for part in loc), _KEY_CHARS_MAX) or whole
    words = _words(first, model, tell_values=tell_values)
    return escaped(shortened(f"{key}: {words}" if key else words, _KEY_CHARS_MAX + _REASON_CHARS_MAX))


def foremost(error: ValidationError) -> Mapping[str, Any]:
    """The one thing that is told of all that is wrong, as pydantic has it: `loc`, `type`, `msg`."""
    found: Sequence[Any] = error.errors(include_url=False)
    return next((each for each in found if each["type"] == "extra_forbidden"), found[0])


def escaped(text: str) -> str:
    """Text with everything escaped that could end a line or steer a terminal."""
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def shortened(text: str, chars_max: int) -> str:
    """Text with its middle left out where it is longer than `chars_max`."""
    if len(text) <= chars_max:
        return text
    half = (chars_max - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def escaped_lines(text: str) -> str:
    """The same for text that may have several lines, such as the end of a server's log."""
    return "\n".join(escaped(line) for line in text.split("\n"))


def shown(value: object) -> str:
    """A value as its writer knows it, short and printable."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    try:
        return escaped(shortened(repr(value), _VALUE_CHARS_MAX))
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of very many digits"


def not_json(error: ValueError) -> str:
    """Why bytes are no JSON, without the parser's own words for bytes that are no text."""
    return "no text in UTF-8" if "not valid UTF-8" in str(error) else str(error)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _words(first: Mapping[str, Any], model: type[BaseModel] | None, *, tell_values: bool) -> str:
    if first["type"] == "extra_forbidden":
        known = ", ".join(_keys_beside(model, first["loc"])) if model else ""
        return f"unknown key; known here: {known}" if known else "unknown key"
    if first["type"] == "missing":
        return "is missing; add it"
    said = _reason(first)
    # The value of a whole table or list is long, and says nothing that its key does not.
    if not tell_values or isinstance(first["input"], dict | list | tuple):
        return said
    return f"{shown(first['input'])} is not possible; {said}"


def _reason(first: Mapping[str, Any]) -> str:
    """Our own words where a check of ours refused; otherwise what was expected."""
    kind, context = str(first["type"]), first.get("ctx") or {}
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", "")) or "it can not be used"
    if kind in ("enum", "literal_error"):
        return f"expected {'one of ' if ' or ' in context['expected'] else ''}{context['expected']}"
    if kind in _WANTED:
        return f"expected {_WANTED[kind].format_map({name: _bound(each) for name, each in context.items()})}"
    wanted = _WANTED_OF_A_KIND.get(kind.partition("_")[0])
    return f"expected {wanted}" if wanted else "it can not be used"


def _bound(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _keys_beside(model: type[BaseModel] | None, loc: Sequence[int | str]) -> list[str]:
    """Names of the keys allowed where the unknown one stood."""
    for part in loc[:-1]:
        if model is None:
            return []
        if isinstance(part, str):
            model = _below(model, part)
    return sorted(field.alias or name for name, field in model.model_fields.items()) if model else []


def _below(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """The model of the table, or of the tables in the list, that stands under a key."""
    found = (field for name, field in model.model_fields.items() if key in (name, field.alias))
    return next((below for field in found for below in _models(field.annotation)), None)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
