"""A matplotlib figure as SVG that follows the colours of the page and is the same bytes every time."""

from __future__ import annotations

import io
import re

# The only XML read here is what matplotlib wrote a moment before.
from xml.etree import ElementTree

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from harness.report.palette import COLOURS, style_sheet
from harness.report.text import printable

SVG = "http://www.w3.org/2000/svg"
_FONT_STACK = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
_VARIABLES = {colour.sentinel: colour.variable for colour in COLOURS.values()}
_SENTINEL = re.compile("|".join(map(re.escape, _VARIABLES)))
_FONT_FAMILY = re.compile(r"(font: [^;]*?px )[^;]*")
_FONT_LIST = re.compile(r"font-family: [^;]*")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_AUTOMATIC_ID = re.compile(r"^[A-Za-z0-9.]+_\d+$")


def to_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """Draw `figure` as a whole SVG file whose colours are CSS variables.

    Args:
        figure: drawn with the sentinels of the palette.
        name: unique on a page; keeps the ids of two pictures apart.
        title: names the picture to a screen reader.
        description: says in words what it shows.
    """
    buffer = io.StringIO()
    # Without a date in it, and with ids salted by the name, the same evidence gives the same bytes.
    FigureCanvasSVG(figure)
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(printable(buffer.getvalue()))  # noqa: S314
    _strip(root)
    for element in root.iter():
        _restyle(element)
    for element in root.iter():
        _share_style(element)
    _describe(root, name, title, description)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def inline(svg: str) -> str:
    """The picture for use within a page, which brings the colours itself."""
    return re.sub(r'<style data-scheme="own">.*?</style>', "", svg, count=1, flags=re.DOTALL)


def _strip(root: ElementTree.Element) -> None:
    """Take out what names the drawing program, and ids that nothing refers to."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}metadata":
                parent.remove(child)
        if parent.tag == f"{{{SVG}}}g" and _AUTOMATIC_ID.match(parent.get("id", "")):
            del parent.attrib["id"]


def _restyle(element: ElementTree.Element) -> None:
    for key, value in list(element.attrib.items()):
        if key.endswith("}href"):
            del element.attrib[key]
            element.set("href", value)
        elif key == "style":
            value = _FONT_FAMILY.sub(rf"\g<1>{_FONT_STACK}", value)
            value = _FONT_LIST.sub(f"font-family: {_FONT_STACK}", value)
            element.set(key, _themed(value))
        elif key in ("fill", "stroke") and value in _VARIABLES:
            # A presentation attribute knows no variables; a style does.
            del element.attrib[key]
            element.set("style", f"{key}: {_VARIABLES[value]}; {element.get('style', '')}".rstrip("; "))
        elif key in ("d", "x", "y", "transform"):
            rounded = _LONG_NUMBER.sub(lambda match: f"{float(match[0]):.2f}", value)
            element.set(key, " ".join(rounded.split()))


def _share_style(group: ElementTree.Element) -> None:
    """Say once for a group what each of its marks says: thousands of failures are a quarter of the bytes."""
    styles = {child.get("style", "") for child in group}
    if len(group) < 2 or len(styles) > 1 or "style" in group.attrib or group.tag != f"{{{SVG}}}g":
        return
    (style,) = styles
    # Opacity is not handed down but applied to the group as a whole, where overlaps would look different.
    if style and "opacity" not in style:
        group.set("style", style)
        for child in group:
            del child.attrib["style"]


def _themed(style: str) -> str:
    return _SENTINEL.sub(lambda match: _VARIABLES[match[0]], style)


def _describe(root: ElementTree.Element, name: str, title: str, description: str) -> None:
    width, height = (float(size) for size in root.get("viewBox", "0 0 1 1").split()[2:])
    root.set("width", f"{width:.0f}")
    root.set("height", f"{height:.0f}")
    root.set("role", "img")
    root.set("class", "chart")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    parts = [_text_element("title", title, id=f"{name}-title")]
    parts.append(_text_element("desc", description, id=f"{name}-desc"))
    parts.append(_text_element("style", style_sheet(), **{"data-scheme": "own"}))
    for place, part in enumerate(parts):
        root.insert(place, part)


def _text_element(tag: str, text: str, **attributes: str) -> ElementTree.Element:
    element = ElementTree.Element(f"{{{SVG}}}{tag}", attributes)
    element.text = printable(text)
    return element
