"""The upgrade host: where a release is installed and runs its commands, but never serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from harness.deployment.command import CommandResult
from harness.deployment.local.processes import Processes
from harness.releases.catalogue import Release
from harness.releases.prepare import InstalledRelease

NAME = "upgrade-host"

_STATUS = """
import sys
from keystone import conf
host = sys.argv.pop(1)
conf.configure()
groups = {"fernet_tokens": "fernet", "fernet_receipts": "receipt", "credential": "credential"}
for group, keys in groups.items():
    conf.CONF.set_default("key_repository", f"{host}/{keys}-keys", group)
from keystone.cmd import status
sys.exit(status.main())
"""
"""keystone-status opens the key repositories *before* it reads its configuration (seen on 23 to 30), so it
ends at once unless they are under /etc/keystone. This gives it other defaults and changes nothing else."""


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
        program = self._find(release).keystone_manage
        return self._run([str(program)], program.name, args, log, deadline_s, secrets or {})

    def status(self, release: Release, args: tuple[str, ...], log: Path, deadline_s: float) -> CommandResult:
        """Run `keystone-status <args>` of `release`, likewise.

        Raises:
            WaitTimeoutError: it ran over `deadline_s` and was ended.
        """
        installed = self._find(release)
        start = [str(installed.python), "-c", _STATUS, str(self._host)]
        return self._run(start, installed.keystone_status.name, args, log, deadline_s, {})

    def _run(
        self,
        start: list[str],
        name: str,
        args: tuple[str, ...],
        log: Path,
        deadline_s: float,
        env: Mapping[str, str],
    ) -> CommandResult:
        ended = self._processes.run(
            f"{name} {' '.join(args)}".replace("/", "-"),
            [*start, "--config-file", str(self._host / "keystone.conf"), *args],
            log=log,
            cwd=self._host,
            deadline_s=deadline_s,
            env=env,
        )
        return CommandResult((name, *args), ended.exit_code, ended.duration_s, log)
