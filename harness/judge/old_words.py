"""Each kind of old data in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.evidence.continuity import Check


@dataclass(frozen=True, slots=True)
class KindWords:
    """One kind."""

    many: str
    """What there is of it."""
    title: str
    """What ought to be so."""
    subject: str
    """What it was, before the node that made it."""
    predicate: str
    """What became of it, before the nodes that did not honour it."""


def _hashed(by: str) -> KindWords:
    return KindWords(
        f"passwords hashed by {by}",
        f"Old: a password hashed by {by} logs in",
        f"A user whose password is hashed by {by}, there before the load began, made at",
        "could not log in at",
    )


def _credential(kind: str) -> KindWords:
    return KindWords(
        f"{kind} credentials",
        f"Old: a credential of type {kind} can be read",
        f"A credential of type {kind}, made before the load began at",
        "could not be read as it was at",
    )


def _logs_in(many: str, one: str, what: str = "log in") -> KindWords:
    subject = f"{one[0].upper()}{one[1:]}, made before the load began at"
    return KindWords(many, f"Old: {one} works", subject, f"could not {what} at")


def _refused(many: str, one: str) -> KindWords:
    return KindWords(
        many, f"Old: {one} is refused", f"The login of {one}, made before the load began at", "was let in at"
    )


KIND_WORDS: Mapping[str, KindWords] = {
    Check.OLD_SHA512_CRYPT: _hashed("sha512_crypt"),
    Check.OLD_PBKDF2_SHA512: _hashed("pbkdf2_sha512"),
    Check.OLD_SCRYPT: _hashed("scrypt"),
    Check.OLD_BCRYPT: _hashed("bcrypt"),
    Check.OLD_BCRYPT_SHA256: _hashed("bcrypt_sha256"),
    Check.OLD_EC2: _credential("ec2"),
    Check.OLD_TOTP: _credential("totp"),
    Check.OLD_CERT: _credential("cert"),
    Check.OLD_TRUST: _logs_in("trusts", "a trust", "be used"),
    Check.OLD_APPLICATION_CREDENTIAL: _logs_in("application credentials", "an application credential"),
    Check.OLD_ACCESS_RULES: _logs_in(
        "application credentials with access rules",
        "an application credential with access rules",
        "log in with them",
    ),
    Check.OLD_GROUP_ROLE: _logs_in(
        "roles by group", "a member of a group with a role", "log in with just that role"
    ),
    Check.OLD_IMPLIED_ROLE: _logs_in(
        "implied roles", "a user with a role that implies another", "log in with just these roles"
    ),
    Check.OLD_DOMAIN_ROLE: _logs_in(
        "roles of a domain", "a user with a role of a domain", "log in with just what it implies"
    ),
    Check.OLD_DISABLED_USER: _refused("disabled users", "a disabled user"),
    Check.OLD_EXPIRED_PASSWORD: _refused("expired passwords", "a user whose password has expired"),
    Check.OLD_PROJECT_LIST: KindWords(
        "the list of projects",
        "Old: the list of projects is as long as before",
        "The list of a domain's projects, asked before the load began at",
        "was not as long at",
    ),
    Check.OLD_PROJECTS: KindWords(
        "projects",
        "Old: every project can be read",
        "Projects made before the load began at",
        "could not all be read at",
    ),
}
"""By its check, in the order of the report."""


def kind_words(check: str) -> str:
    """What there is of a kind; a stranger's name as it stands."""
    words = KIND_WORDS.get(check)
    return check if words is None else words.many
