"""The hashes that stand in the source are of the one password, and read by the releases that are named."""

from __future__ import annotations

import base64
import hashlib

import pytest

from harness.evidence.continuity import Check
from harness.procedure.continuity.old_passwords import OLD_HASHES, OLD_PASSWORD


def _raw(text: str) -> bytes:
    """passlib's base64: `.` for `+`, and no padding."""
    text = text.replace(".", "+")
    return base64.b64decode(text + "=" * (-len(text) % 4))


def test_pbkdf2_is_of_the_password() -> None:
    _, kind, rounds, salt, digest = OLD_HASHES[Check.OLD_PBKDF2_SHA512].hashed.split("$")
    made = hashlib.pbkdf2_hmac("sha512", OLD_PASSWORD.encode(), _raw(salt), int(rounds))
    assert (kind, made) == ("pbkdf2-sha512", _raw(digest))
    assert "." in salt + digest, "passlib's own letter, on which a reader without passlib can stumble"


def test_scrypt_is_of_the_password() -> None:
    _, kind, costs, salt, digest = OLD_HASHES[Check.OLD_SCRYPT].hashed.split("$")
    made = hashlib.scrypt(OLD_PASSWORD.encode(), salt=_raw(salt), n=2**10, r=8, p=1, dklen=32)
    assert (kind, costs, made) == ("scrypt", "ln=10,r=8,p=1", _raw(digest))


@pytest.mark.parametrize(
    ("check", "read", "unread"),
    [
        (Check.OLD_SHA512_CRYPT, (10, 23, 25, 26), (27, 29, 30)),
        (Check.OLD_BCRYPT_SHA256, (25, 27, 30), (23, 24)),
        (Check.OLD_SCRYPT, (12, 23, 30), (11,)),
    ],
)
def test_which_release_reads_a_kind(check: Check, read: tuple[int, ...], unread: tuple[int, ...]) -> None:
    known = OLD_HASHES[check]
    assert all(known.is_read_by(major) for major in read)
    assert not any(known.is_read_by(major) for major in unread)
