"""Writes a scenario of a test to a file, for those who read one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def toml(table: Mapping[str, Any]) -> str:
    """Plain values first, then what is a table or a list of tables."""
    lines = [
        f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict | list)
    ]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += [f"[{key}]", toml(value)]
        elif isinstance(value, list):
            lines += [line for each in value for line in (f"[[{key}]]", toml(each))]
    return "\n".join(lines)
