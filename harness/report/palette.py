"""The colours of page and picture, each for a light and a dark surface."""

from __future__ import annotations

from dataclasses import dataclass

# From Okabe and Ito's set for colour-blind readers, shifted in lightness so that the old release (light) and
# the new one (dark; the reverse on a dark page) differ in a grey print too, and text meets WCAG AA (4.5 : 1).
_SCHEMES: dict[str, tuple[str, str]] = {
    "page": ("#f4f5f7", "#0f1318"),
    "surface": ("#ffffff", "#171c23"),
    "raised": ("#f8f9fb", "#1e242d"),
    "line": ("#dde1e7", "#2f3743"),
    "ink": ("#16191f", "#e9edf2"),
    "muted": ("#565f6c", "#a3adba"),
    "link": ("#0b5cad", "#7cb9f2"),
    "pass": ("#00664a", "#4fd0a0"),
    "pass-soft": ("#e2f4ed", "#11302a"),
    "fail": ("#b3261e", "#ff8f80"),
    "fail-soft": ("#fdeae7", "#3d1c1b"),
    "inconclusive": ("#7a5200", "#f0bf57"),
    "inconclusive-soft": ("#fdf2d9", "#37290d"),
    # The picture.
    "grid": ("#e4e7ec", "#29303a"),
    "band": ("#f1f3f6", "#1d232b"),
    "roll": ("#e9e3d4", "#302b20"),
    "old": ("#8cc4ea", "#2c6aa0"),
    "on-old": ("#0b2a45", "#f1f7fd"),
    "new": ("#006d54", "#62d6ae"),
    "on-new": ("#ffffff", "#04261c"),
    "draining": ("#e9b44c", "#8a5f10"),
    "out": ("#ced4dc", "#4a5462"),
    "stopped": ("#2a2f37", "#f4f6f8"),
    "starting": ("#c79ac4", "#8e5c89"),
    "hatch": ("#3b4250", "#dfe5ec"),
    "on-stopped": ("#ffffff", "#16191f"),
    "mark": ("#c8320f", "#ff8a66"),
    "outage": ("#e8552f", "#ff7a52"),
    "p50": ("#0b5cad", "#7cb9f2"),
    "p99": ("#8a4f9e", "#d3a5e3"),
    "max": ("#565f6c", "#a3adba"),
    "baseline": ("#b9d7ee", "#23435f"),
    "command": ("#5b7083", "#8ba2b7"),
    "migration": ("#8a4f9e", "#d3a5e3"),
}


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour by name, as the picture is drawn and as it is shown."""

    sentinel: str
    """What matplotlib draws with; stands for nothing but this name."""
    variable: str
    """The CSS variable that takes its place."""


# Near-black values that nothing else in a drawing uses, so that finding one means finding the name.
COLOURS: dict[str, Colour] = {
    name: Colour(sentinel=f"#0a0b{number + 16:02x}", variable=f"var(--{name})")
    for number, name in enumerate(_SCHEMES)
}


def ink(name: str) -> str:
    """What to draw with where the reader is to see the colour `name`."""
    return COLOURS[name].sentinel


def declarations(*, dark: bool) -> str:
    """The CSS variables of one scheme, in the order of the palette."""
    return "".join(f"--{name}:{pair[dark]};" for name, pair in _SCHEMES.items())


def style_sheet(selector: str = ":root") -> str:
    """CSS that gives every variable its value: light, dark where the reader prefers it, light on paper."""
    light, dark = declarations(dark=False), declarations(dark=True)
    return f"{selector}{{{light}}}@media screen and (prefers-color-scheme:dark){{{selector}{{{dark}}}}}"
