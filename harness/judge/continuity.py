"""The matrix of continuity in words: from which release to which a cell goes, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from harness.evidence.continuity import Cell, Check, Place
from harness.evidence.manifest import Manifest
from harness.judge.old_words import KIND_WORDS


class Direction(StrEnum):
    """From the release that made something to the release that was to honour it."""

    OLD_TO_NEW = "old -> new"
    NEW_TO_OLD = "new -> old"
    OLD_TO_OLD = "old -> old"
    NEW_TO_NEW = "new -> new"


def direction(cell: Cell, manifest: Manifest) -> Direction | None:
    """By the releases that the answers named; None where one named none, or a third one.

    Where a run upgrades to the release that serves, every cell counts as `old -> old`.
    """
    sides: dict[str | None, str] = {manifest.to.version: "new", manifest.from_.version: "old"}
    made, checked = sides.get(cell.made_at.release), sides.get(cell.checked_at.release)
    return None if made is None or checked is None else Direction(f"{made} -> {checked}")


TITLES: Mapping[str, str] = {
    Check.TOKEN_VALIDATES: "A token validates",
    Check.USER_READS: "A user created can be read",
    Check.USER_LOGS_IN: "A user created logs in",
    Check.PASSWORD_60_BYTES: "A password of 60 bytes logs in",
    Check.PASSWORD_80_BYTES: "A password of 80 bytes logs in",
    Check.PASSWORD_NON_ASCII: "A non-ASCII password logs in",
    Check.PASSWORD_TAIL_60_BYTES: "Wrong only after byte 54: treated alike",
    Check.PASSWORD_TAIL_80_BYTES: "Wrong only after byte 72: treated alike",
    Check.NEW_PASSWORD_WORKS: "A changed password works",
    Check.OLD_PASSWORD_REFUSED: "The password before it is refused",
    Check.REVOKED_TOKEN_REFUSED: "A revoked token is refused",
    Check.DISABLED_TOKEN_REFUSED: "A disabled user's token is refused",
    Check.DISABLED_LOGIN_REFUSED: "A disabled user's login is refused",
    Check.DELETED_TOKEN_REFUSED: "A deleted user's token is refused",
    Check.DELETED_LOGIN_REFUSED: "A deleted user's login is refused",
    Check.ROLE_GRANTED: "A role granted shows",
    Check.ROLE_REVOKED: "A role revoked is gone",
    Check.APPLICATION_CREDENTIAL: "An application credential logs in",
    Check.TRUST: "A trust can be used",
    Check.CATALOG: "The catalog is the same",
    Check.COHORT_TOKEN: "A token of the baseline validates",
    Check.COHORT_LOGIN: "A user of the baseline logs in",
    **{check: words.title for check, words in KIND_WORDS.items()},
}
"""Each check as what ought to be so, in the order of the report."""

_BROKEN: Mapping[str, tuple[str, str]] = {
    Check.TOKEN_VALIDATES: ("A token issued at", "did not validate at"),
    Check.USER_READS: ("A user created at", "could not be read at"),
    Check.USER_LOGS_IN: ("A user created at", "could not log in at"),
    Check.PASSWORD_60_BYTES: ("A user created with a password of 60 bytes at", "could not log in at"),
    Check.PASSWORD_80_BYTES: ("A user created with a password of 80 bytes at", "could not log in at"),
    Check.PASSWORD_NON_ASCII: ("A user created with a non-ASCII password at", "could not log in at"),
    Check.PASSWORD_TAIL_60_BYTES: (
        "For a user created at",
        "a password that is wrong only after byte 54 was not treated alike at",
    ),
    Check.PASSWORD_TAIL_80_BYTES: (
        "For a user created at",
        "a password that is wrong only after byte 72 was not treated alike at",
    ),
    Check.NEW_PASSWORD_WORKS: ("A password changed at", "did not work at"),
    Check.OLD_PASSWORD_REFUSED: ("A password replaced at", "was not refused at"),
    Check.REVOKED_TOKEN_REFUSED: ("A token revoked at", "was not refused at"),
    Check.DISABLED_TOKEN_REFUSED: ("The token of a user disabled at", "was not refused at"),
    Check.DISABLED_LOGIN_REFUSED: ("The login of a user disabled at", "was not refused at"),
    Check.DELETED_TOKEN_REFUSED: ("The token of a user deleted at", "was not refused at"),
    Check.DELETED_LOGIN_REFUSED: ("The login of a user deleted at", "was not refused at"),
    Check.ROLE_GRANTED: ("A role granted at", "did not show in a token issued at"),
    Check.ROLE_REVOKED: ("A role revoked at", "did not go from the tokens issued at"),
    Check.APPLICATION_CREDENTIAL: ("An application credential made at", "did not log in at"),
    Check.TRUST: ("A trust made at", "could not be used at"),
    Check.CATALOG: ("The catalog of", "was not the same at"),
    Check.COHORT_TOKEN: ("A token issued before the first phase at", "did not validate at"),
    Check.COHORT_LOGIN: ("A user created before the first phase at", "could not log in at"),
}


def broken_words(cell: Cell) -> str:
    """What a broken cell says, from its subject to the node that did not honour it."""
    other = (f"What the check {cell.check} made at", "was not honoured at")
    subject, predicate = _BROKEN.get(cell.check, other)
    made, checked = place_words(cell.made_at), place_words(cell.checked_at)
    cache = "" if cell.cached is None else " and cached" if cell.cached else " and not cached"
    return f"{subject} {made}{cache} {predicate} {checked}"


def place_words(place: Place) -> str:
    """`node1 (27.1.0)`."""
    return f"{place.node} ({place.release or 'release unknown'})"
