"""The back-end `local`: deployments of servers that the harness starts on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from harness.deployment.backend import Kept, Missing, Report, Standing
from harness.deployment.local import lab
from harness.deployment.local.deployment import LocalDeployment
from harness.deployment.local.install import install_missing
from harness.deployment.local.record import Owner
from harness.deployment.local.requirements import missing_programs
from harness.deployment.local.settings import LocalSettings
from harness.releases.catalogue import Release
from harness.scenario import Scenario


class LocalBackend:
    """Brings labs up and ends them; satisfies `Backend`, `Installer` and `Keeper`."""

    def __init__(self, settings: LocalSettings, home: Path) -> None:
        self._settings = settings
        self._home = home

    @classmethod
    def of(cls, scenario: Scenario, home: Path) -> Self:
        """With the sections of a scenario that shape the deployment."""
        return cls(LocalSettings.of(scenario.deployment, scenario.balancer), home)

    @classmethod
    def default(cls, home: Path) -> Self:
        """Without a scenario."""
        return cls(LocalSettings(), home)

    def missing(self) -> Sequence[Missing]:
        """Server programs that are not installed."""
        return missing_programs()

    def need_fit(self) -> None:
        """Whether a lab could lie in its folder, and listen where the scenario says."""
        lab.need_fit(self._settings, self._home)

    def install(self, missing: Sequence[Missing], report: Report) -> None:
        """Install them with apt, where that is allowed."""
        install_missing(missing, report=report)

    def clear_leftovers(self) -> Sequence[str]:
        """End what dead harnesses left running; labs of living ones, and kept ones, are left alone."""
        return lab.clear_leftovers(self._home)

    def up(self, release: Release, to: Release, logs: Path, report: Report) -> LocalDeployment:
        """Bring a lab up."""
        return self._up(release, to, logs, Owner.PROCESS, report)

    def end_own(self) -> Sequence[str]:
        """Take down every lab of this process."""
        return lab.end_own(self._home)

    def keep(self, release: Release, logs: Path, report: Report) -> Kept:
        """Bring a lab up and leave it running."""
        deployment = self._up(release, None, logs, Owner.KEEP, report)
        return Kept(deployment.id, deployment.url, deployment.folder.secrets)

    def standing(self) -> Sequence[Standing]:
        """Every lab on the disk."""
        return [
            Standing(each.id, each.standing, each.release, each.url, each.started, each.running, each.logs)
            for each in lab.status(self._home)
        ]

    def take_down(self, name: str) -> Sequence[str]:
        """Take a lab down that no running harness uses."""
        deployment = lab.attach(self._home, name)
        lab.need_not_owned(deployment)
        return deployment.down()

    def _up(
        self, release: Release, to: Release | None, logs: Path, owner: Owner, report: Report
    ) -> LocalDeployment:
        return lab.up(
            self._settings, release=release, to=to, home=self._home, logs=logs, owner=owner, report=report
        )
