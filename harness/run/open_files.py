"""How many files a run may have open: its servers and generators inherit that from the harness."""

from __future__ import annotations

import resource

from harness.errors import UsageError

NEEDED = 1024
"""The soft limit that Linux has by default, with which runs are proven; a balancer under load took 160. A
crowd of Locust users needs more, and is told so by its own errors."""


def need_open_files() -> None:
    """Raise the soft limit to what a run needs, where it is lower.

    Raises:
        UsageError: the hard limit does not allow that.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = soft_limit(soft, hard)
    if raised != soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))


def soft_limit(soft: int, hard: int) -> int:
    """The soft limit that a run goes on with; RLIM_INFINITY (-1) is more than any number.

    Raises:
        UsageError: as above.
    """
    if soft == resource.RLIM_INFINITY or soft >= NEEDED:
        return soft
    if hard != resource.RLIM_INFINITY and hard < NEEDED:
        raise UsageError(
            f"{hard} files may be open at most, and the servers of a run need {NEEDED}: start it from a "
            "shell whose hard limit allows that (ulimit -Hn), or raise the limit of this user."
        )
    return NEEDED
