"""The upgrade host: where a release is installed and runs its commands, but never serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.deployment.local.processes import Processes
from harness.deployment.protocols import CommandResult
from harness.releases.catalogue import Release
from harness.releases.prepare import InstalledRelease

NAME = "upgrade-host"


class LocalUpgradeHost:
    """A folder with a keystone.conf and keys of its own, on the same database and caches."""

    def __init__(self, host: Path, processes: Processes, find: Callable[[Release], InstalledRelease]) -> None:
        self._host = host
        self._processes = processes
        self._find = find

    def manage(
        self,
        release: Release,
        args: tuple[str, ...],
        log: Path,
        deadline_s: float,
        *,
        secrets: Mapping[str, str] | None = None,
    ) -> CommandResult:
        """Run `keystone-manage <args>` of `release`; whatever it exits with is data.

        `secrets` go into its environment: arguments can be seen by everybody on the machine.

        Raises:
            WaitTimeoutError: it ran over `deadline_s` and was ended.
        """
        return self._run(self._find(release).keystone_manage, args, log, deadline_s, secrets or {})

    def status(self, release: Release, args: tuple[str, ...], log: Path, deadline_s: float) -> CommandResult:
        """Run `keystone-status <args>` of `release`, likewise.

        Raises:
            WaitTimeoutError: it ran over `deadline_s` and was ended.
        """
        return self._run(self._find(release).keystone_status, args, log, deadline_s, {})

    def _run(
        self, program: Path, args: tuple[str, ...], log: Path, deadline_s: float, env: Mapping[str, str]
    ) -> CommandResult:
        ended = self._processes.run(
            f"{program.name} {' '.join(args)}".replace("/", "-"),
            [str(program), "--config-file", str(self._host / "keystone.conf"), *args],
            log=log,
            cwd=self._host,
            deadline_s=deadline_s,
            env=env,
        )
        return CommandResult((program.name, *args), ended.exit_code, ended.duration_s, log)
