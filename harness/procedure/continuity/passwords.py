"""The kinds of password that releases have hashed differently, and their wrong neighbours."""

from __future__ import annotations

import secrets
from enum import StrEnum


class PasswordKind(StrEnum):
    """What is special about a password."""

    ORDINARY = "ordinary"
    BYTES_60 = "60_bytes"  # over 54, to which some releases of Keystone cut what bcrypt was given
    BYTES_80 = "80_bytes"  # over 72, of which bcrypt reads no more
    NON_ASCII = "non_ascii"


_BYTES = {PasswordKind.ORDINARY: 20, PasswordKind.BYTES_60: 60, PasswordKind.BYTES_80: 80}
_NON_ASCII = "Zażółć-Ωμέγα-パス-"


def new_password(kind: PasswordKind) -> str:
    """A fresh password of that kind, in memory only."""
    if kind is PasswordKind.NON_ASCII:
        return _NON_ASCII + secrets.token_urlsafe(8)
    return secrets.token_urlsafe(_BYTES[kind])[: _BYTES[kind]]


def wrong_in_its_last_byte(password: str) -> str:
    """The same password but for its last character, which is ASCII in every kind."""
    return password[:-1] + ("b" if password[-1] == "a" else "a")
