"""What a back-end offers: bringing one kind of deployment up and ending it, on every way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.deployment.protocols import Deployment
from harness.releases.catalogue import Release


@dataclass(frozen=True, slots=True)
class Missing:
    """A program that this machine lacks."""

    program: str
    package: str
    """The package that brings it; the same name on Debian and Fedora."""
    install: str
    """The exact command that installs it here; both commands where the distribution is not known."""


Report = Callable[[str], None]
"""Told with a sentence for each part that is done."""


class Backend(Protocol):
    """Brings one kind of deployment up and ends it; chosen by `harness.deployment.backends`."""

    def missing(self) -> Sequence[Missing]:
        """What this machine lacks for it; empty where it is ready."""

    def need_fit(self) -> None:
        """Look whether it could come up, before anything is started.

        Raises:
            UsageError: this machine or the settings are not fit for it, as far as can be known now.
        """

    def clear_leftovers(self) -> Sequence[str]:
        """End what a dead harness left running, and nothing else; a sentence for each.

        Raises:
            HarnessError: something could not be ended.
        """

    def up(self, release: Release, to: Release, logs: Path, report: Report) -> Deployment:
        """Bring it up with every node on `release`, and return once it serves; it belongs to this process.

        `to` is made ready as well, so that switching to it later takes no time. What ends this early ends
        what was started.

        Raises:
            UsageError: this machine or the settings are not fit for it.
            HarnessError: a server did not start.
        """

    def end_own(self) -> Sequence[str]:
        """End whatever of it belongs to this process, also what came up half; returns names of what ran.

        Raises:
            HarnessError: something could not be ended.
        """


class Installer(Protocol):
    """Installs what a back-end misses; not every one has it."""

    def install(self, missing: Sequence[Missing], report: Report) -> None:
        """Install it.

        Raises:
            UsageError: that is not allowed here; names the exact command.
            HarnessError: it failed.
        """


@dataclass(frozen=True, slots=True)
class Kept:
    """A deployment that was brought up to be poked at by hand."""

    name: str
    url: str
    secrets: Path
    """File with its passwords."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A deployment that is there, whoever it belongs to."""

    name: str
    standing: str
    """`kept`: nobody's process, on purpose; other words are the back-end's own."""
    release: str
    """What its nodes were started with."""
    url: str
    started: str
    running: Sequence[str]
    """Its servers that are alive, sorted."""
    logs: Path

    @property
    def is_kept(self) -> bool:
        """Whether it waits for somebody to take it down."""
        return self.standing == "kept"


class Keeper(Protocol):
    """Brings deployments up that outlive this process; not every back-end has it."""

    def keep(self, release: Release, logs: Path, report: Report) -> Kept:
        """Bring one up and leave it running.

        Raises:
            HarnessError: as `Backend.up`.
        """

    def standing(self) -> Sequence[Standing]:
        """Every one there is, in the order of their names."""

    def take_down(self, name: str) -> Sequence[str]:
        """End one that no running harness uses; returns the servers that ran.

        Raises:
            UsageError: there is none of that name, or a running harness uses it.
        """
