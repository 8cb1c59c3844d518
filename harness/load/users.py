"""The classes of a users' file, to be spawned; as a program, whether they are all there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from locust import User
from locust.util.load_locustfile import load_locustfile

from harness.errors import ExitCode, UsageError
from harness.evidence.names import Role
from harness.load.personas import PacedUser

_KINDS = {
    Role.LOAD: ("users", "class of users (KeystoneUser)"),
    Role.CLIENT: ("client_users", "class of real clients (RealClientUser)"),
}
"""The key of the scenario that asks for a role, and what has it."""


def user_classes(path: Path | None, users: int, client_users: int) -> tuple[type[User], ...]:
    """The classes to spawn, each with its count; none where no users are asked for.

    Several classes of one role share its users by their Locust weights.

    Raises:
        UsageError: the file cannot be loaded, or has no class of a kind that is asked for.
    """
    if not users + client_users:
        return ()
    found = _loaded(path)
    chosen: list[type[User]] = []
    for role, count in ((Role.LOAD, users), (Role.CLIENT, client_users)):
        classes = [kind for kind in found if kind.role == role]
        if count and not classes:
            key, kind = _KINDS[role]
            raise UsageError(
                f"{path}: has no {kind}, and load.{key} is {count}; add one, or set load.{key} = 0."
            )
        if count:
            _share(classes, count)
            chosen += [kind for kind in classes if kind.fixed_count]
    return tuple(chosen)


def _loaded(path: Path | None) -> list[Any]:
    if path is None or not path.is_file():
        raise UsageError(f"{path}: there is no such Locust file; name one with load.users_file.")
    try:
        classes = load_locustfile(str(path))[0]
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"{path}: cannot be loaded ({type(error).__name__}: {error}); mend the Locust file, or name "
            "another one with load.users_file."
        ) from error
    return [kind for _, kind in sorted(classes.items()) if issubclass(kind, PacedUser)]


def _share(classes: list[Any], count: int) -> None:
    """Divide `count` users among classes by weight, the first taking what does not divide."""
    total = sum(kind.weight for kind in classes)
    for kind in classes:
        kind.fixed_count = int(count * kind.weight / total)
    classes[0].fixed_count += count - sum(kind.fixed_count for kind in classes)


def main(path: str, users: str, client_users: str, told_to: str) -> int:
    """Load the file, and write what is wrong with it to an open descriptor: it may print what it likes."""
    try:
        user_classes(Path(path), int(users), int(client_users))
    except UsageError as error:
        os.write(int(told_to), str(error).encode(errors="replace"))
        return ExitCode.USAGE
    return ExitCode.PASS


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
