"""A Keystone account by the names that a person knows it by."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """A Keystone account; never written to a run directory."""

    username: str
    password: str = field(repr=False)
    user_domain: str
    project: str
    project_domain: str
