"""Holds the locks against known vulnerabilities, as pip-audit finds them; `make audit` runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from harness.releases.catalogue import LOCKS_FOLDER
from harness.releases.locking import BUILD_LOCK

ROOT = Path(__file__).parent.parent
OWN = (ROOT / "requirements.lock", LOCKS_FOLDER / BUILD_LOCK)
"""Locks in which nothing vulnerable may be. Those of the releases hold what is upgraded: old on purpose, on
loopback for minutes; what is known against them is told."""

FOUND, NOT_LOOKED_UP = 1, 3
_AUDIT_S_MAX = 600.0
"""A request for each package of a lock, of which there are up to 150."""
_COMMAND = (
    # The database that says when it is not reached: of the index a missing answer would pass for a clean one.
    *(sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--timeout", "15"),
    *("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off", "--requirement"),
)


class _Vulnerability(BaseModel):
    id: str
    fix_versions: tuple[str, ...] = ()


class _Dependency(BaseModel):
    name: str
    version: str = ""
    skip_reason: str | None = None
    vulns: tuple[_Vulnerability, ...] = ()


class _Answer(BaseModel):
    dependencies: tuple[_Dependency, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known against the packages of one lock."""

    lock: str
    packages: int
    """Looked up, or tried to."""
    found: tuple[str, ...]
    """A line for each vulnerability."""
    unknown: str | None
    """Why some or all were not looked up; None where all were."""

    def told(self) -> str:
        """One sentence, and a line for each vulnerability."""
        looked_up = f"{self.packages} packages, {len(self.found)} known vulnerabilities"
        said = f"{looked_up}; NOT LOOKED UP: {self.unknown}" if self.unknown else looked_up
        return "\n".join([f"{self.lock}: {said}", *(f"  {line}" for line in self.found)])


def read(lock: str, output: str, errors: str) -> Audit:
    """What pip-audit said of one lock, on its two outputs."""
    try:
        answer = _Answer.model_validate_json(output)
    except ValidationError:
        last = (errors.strip().splitlines() or ["pip-audit said nothing"])[-1]
        return Audit(lock, 0, (), f"the data could not be reached ({last[:200]})")
    skipped = [each.name for each in answer.dependencies if each.skip_reason is not None]
    nothing = None if answer.dependencies else "pip-audit found no package in it"
    return Audit(
        lock,
        len(answer.dependencies),
        tuple(line for each in answer.dependencies for line in _lines(each)),
        f"nothing is known of {', '.join(skipped[:5])}, {len(skipped)} in all" if skipped else nothing,
    )


def _lines(dependency: _Dependency) -> Iterable[str]:
    for each in dependency.vulns:
        fixed = f"mended in {', '.join(each.fix_versions)}" if each.fix_versions else "not mended yet"
        yield f"{dependency.name} {dependency.version}: {each.id}, {fixed}"


def audited(lock: Path) -> Audit:
    """Ask for one lock."""
    try:
        done = subprocess.run(
            [*_COMMAND, str(lock)], capture_output=True, text=True, timeout=_AUDIT_S_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        return read(lock.name, "", f"no answer within {_AUDIT_S_MAX:.0f} s")
    return read(lock.name, done.stdout, done.stderr)


def main(locks: Iterable[Path] | None = None, ask: Callable[[Path], Audit] = audited) -> int:
    """Print what is known of each lock; the exit status says whether anything is known against our own."""
    status = 0
    for lock in locks or (*OWN, *sorted(LOCKS_FOLDER.glob("keystone-*.txt"))):
        audit = ask(lock)
        print(audit.told(), flush=True)
        if audit.found and lock in OWN:
            status = FOUND
        if audit.unknown:
            status = status or NOT_LOOKED_UP
        if not audit.packages:
            print("The locks after it were not tried.")
            break
    return status


if __name__ == "__main__":
    sys.exit(main())
