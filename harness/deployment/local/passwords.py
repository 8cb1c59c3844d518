"""The passwords of one lab: made for it, kept in its folder, gone with it."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from harness.deployment.local.folder import write_private

_BYTES = 24


@dataclass(frozen=True, slots=True)
class Passwords:
    """Letters, digits, `-` and `_` only, so that no configuration file has to quote them."""

    database_root: str = field(repr=False)
    """Of MariaDB's `root`, which the harness uses to look and to set the trust flag."""
    database_keystone: str = field(repr=False)
    """Of Keystone's own database account."""
    admin: str = field(repr=False)
    """Of Keystone's account `admin`."""

    @classmethod
    def new(cls) -> Self:
        """Make new ones."""
        return cls(*(secrets.token_urlsafe(_BYTES) for _ in range(3)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read them from a lab's folder.

        Raises:
            OSError: there is no such file.
        """
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        """Store them, readable by the owner only."""
        write_private(path, json.dumps(asdict(self)))
