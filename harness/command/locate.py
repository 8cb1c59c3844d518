"""Finds by its name what comes with the harness: scenarios, arms, controls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Shipped:
    """What is looked for, and where among the scenarios it lies."""

    folder: str
    unknown: str
    """Of a name that nothing has; what there is follows."""
    asked: str = ""
    """What stands before the name on the command line."""


SCENARIO = Shipped("", "there is no such scenario; give a TOML file or one of: ")
ARMS = Shipped("arms", "there is no such file; give a TOML file or one of: ", "--arms ")
CONTROL = Shipped("controls", "there is no such control; there are: ")


def folders(kind: Shipped) -> tuple[Path, Path]:
    """Where names are looked for: the current folder's scenarios, then those that came with the harness."""
    return Path("scenarios") / kind.folder, _came_with() / kind.folder


def _came_with() -> Path:
    """In the package where it was installed from a wheel, beside it where it runs from a checkout."""
    package = Path(str(resources.files("harness")))
    within = package / "_scenarios"
    return within if within.is_dir() else package.parent / "scenarios"


def known(kind: Shipped) -> dict[str, Path]:
    """Name -> file of all there are, by name; of two that are called alike the current folder's."""
    here, came_with = folders(kind)
    return _by_name([*came_with.glob("*.toml"), *here.glob("*.toml")])


def of_first_folder(kind: Shipped) -> dict[str, Path]:
    """Name -> file in the current folder's scenarios; if it has none, in those that came with the harness."""
    here, came_with = folders(kind)
    return _by_name((here if here.is_dir() else came_with).glob("*.toml"))


def _by_name(paths: Iterable[Path]) -> dict[str, Path]:
    """Sorted; the last of those that are called alike."""
    return dict(sorted({path.stem: path for path in paths}.items()))


def locate(name: str, kind: Shipped) -> Path:
    """A TOML file as given, or the file of that name that comes with the harness.

    Raises:
        UsageError: there is neither; tells the names there are.
    """
    given = Path(name)
    if given.suffix == ".toml" or _is_there(given):
        return given
    return named(name, kind)


def named(name: str, kind: Shipped) -> Path:
    """The file of a name alone.

    Raises:
        UsageError: nothing has it; tells the names there are.
    """
    for folder in folders(kind):
        if _is_there(path := folder / f"{name}.toml"):
            return path
    there_are = ", ".join(known(kind)) or "none"
    raise UsageError(f"{kind.asked}{name}: {kind.unknown}{there_are}.")


def _is_there(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except OSError:  # longer than a file name may be
        return False
