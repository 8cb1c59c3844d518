"""One password, as each earlier release of Keystone stored it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.evidence.continuity import Check

OLD_PASSWORD = "kept-since-an-earlier-release"  # noqa: S105 - of users whose one role allows nothing
"""No secret: its hashes stand here as they came, so that no release's library is needed to make them."""


@dataclass(frozen=True, slots=True)
class OldHash:
    """A hash, and the major releases of Keystone whose source reads its kind."""

    hashed: str
    since: int
    until: int | None = None
    """The last one that reads it; None: they all do."""

    def is_read_by(self, major: int) -> bool:
        """Whether a release of this major number reads it, by its source."""
        return self.since <= major and (self.until is None or major <= self.until)


OLD_HASHES: Mapping[Check, OldHash] = {
    Check.OLD_SHA512_CRYPT: OldHash(
        "$6$rounds=10000$zz01lNVO0yYSm.wY$"
        "NDQU.k.ncEWkTJ7.Aov9EiOekdLDPtzXmecvGjaa64tI1WefLgos/hlgiCxsSDuHgCcnib2PNS/J00hrvSnbk.",
        since=0,
        until=26,
    ),
    Check.OLD_PBKDF2_SHA512: OldHash(
        "$pbkdf2-sha512$1000$CcE4h7DW.l8rBYCQcg6hVA$"
        "Qj6SJoT8gZNeLi4vvKxqczHxmbKnyHELfIK7.FIB4mDX5tWX2FlmkYG96VtyPQ/d.fe9s1prgdjx16opxlpi.g",
        since=12,
    ),
    Check.OLD_SCRYPT: OldHash(
        "$scrypt$ln=10,r=8,p=1$x9i79z5nTElJSYkxRmiN0Q$xOKxdA2H0J7Nj0XDCEhDvB7/y0mf/nCwr/pgmIs9mjs", since=12
    ),
    Check.OLD_BCRYPT: OldHash("$2b$04$9MhGns4wQKULPvBtv30E1usmgwNV/F3uoQkgc4.YPZ4qqIQI8UtMW", since=12),
    Check.OLD_BCRYPT_SHA256: OldHash(
        "$bcrypt-sha256$v=2,t=2b,r=10$iMCqOtMHG2do3UxhMaI3z.$qjdkaE5fZeU7BgqvK34EQCIvoxX2Ghu", since=25
    ),
}
"""Made with passlib 1.7.4 as the locks of 23.0.2 (the last one: 25.0.0) have it, with factors of cost that
fit a lab. passlib writes `.` where base64 has `+`; the releases from 27.0.0 on read that without passlib. The
last one has 10 rounds because they refuse what has fewer: they put the number into bcrypt's salt as it
stands, and that wants two digits.
"""
