"""Puts script and data into a page: nothing in the data can act, nothing on the page can call out."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import orjson
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

_SCRIPTS = (
    "format.js",
    "data.js",
    "canvas.js",
    "latency.js",
    "charts.js",
    "requests.js",
    "controls.js",
    "explorer.js",
)
"""Parts of one script, in order; each may use what stands before it."""


@dataclass(frozen=True, slots=True)
class Program:
    """A script as it stands in a page."""

    script: Markup
    style: Markup
    policy: str
    """Content-Security-Policy that lets this script run, and nothing else act or load."""


def program(entry: str, *, connect: str = "'none'") -> Program:
    """The script of a page that begins with `assets/<entry>`, after the charts' library and the shared parts.

    `connect` says where the script may ask for data: nowhere in a report.
    """
    script = _text("uplot/uPlot.iife.min.js") + "\n(() => {\n'use strict';\n"
    script += "\n".join(_text(part) for part in (*_SCRIPTS, entry)) + "})();\n"
    if "</script" in script.lower() or "<!--" in script or "\r" in script:
        raise AssertionError(
            "the script cannot stand in a page: it holds what ends or bends a script element"
        )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Styles stand in attributes of the pictures; without anything to load they can do no harm.
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'"
    )
    style = _text("uplot/uPlot.min.css") + _text("explore.css")
    # Package data, not a stranger's words.
    return Program(Markup(script), Markup(style), policy)  # noqa: S704


def data_element(data: dict[str, Any]) -> Markup:
    """The data as JSON that is safe within a `script` element, whatever text it holds."""
    return htmlsafe_json_dumps(data, dumps=lambda value: orjson.dumps(value).decode())


@cache
def _text(name: str) -> str:
    folder = resources.files("harness.report.explore") / "assets"
    return folder.joinpath(name).read_text(encoding="utf-8")
