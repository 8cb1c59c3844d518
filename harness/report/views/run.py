"""What was run, on what, and how to run it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.evidence.manifest import Manifest
from harness.judge.model import Judgement
from harness.report.text import NONE, counted, memory, one_line, seconds

_CHANGING = {"--set": "", "--from": "from=", "--to": "to="}
_NAMING = frozenset({"name", "description"})
_DESCRIBING = "description="


def run_line(judgement: Judgement) -> list[str]:
    """What was run, in a few short parts."""
    manifest = judgement.manifest
    how = ", drained" if manifest.drained else ", not drained"
    return [
        f"Keystone {pair(judgement)}",
        f"{counted(len(manifest.nodes), 'node')}{how}",
        f"scenario {one_line(manifest.stored.name)}",
        f"{seconds((judgement.timeline.end_ns - judgement.timeline.start_ns) / 1e9)}",
        manifest.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
    ]


def pair(judgement: Judgement) -> str:
    """From-release and to-release."""
    old, new = judgement.manifest.from_, judgement.manifest.to
    return (
        f"{one_line(old.version)} ({one_line(old.series)}) \N{RIGHTWARDS ARROW} "
        f"{one_line(new.version)} ({one_line(new.series)})"
    )


def facts(judgement: Judgement) -> list[tuple[str, str]]:
    """What was run, on what, and how to run it again."""
    manifest = judgement.manifest
    host, scenario = manifest.host, manifest.stored
    software = host.get("software") or {}
    probes = [
        f"{one_line(probe.op)} at {one_line(probe.rate_hz)}/s on "
        f"{' and '.join(map(one_line, probe.connections))} connections"
        for probe in scenario.probes
    ]
    load, rounds = scenario.load, scenario.deployment.password_hash_rounds
    ended = (
        "not ended in order" if manifest.ended is None else manifest.ended.strftime("%Y-%m-%d %H:%M:%S UTC")
    )
    return [
        ("Releases", pair(judgement)),
        ("Scenario", _scenario(manifest)),
        ("Nodes", ", ".join(map(one_line, manifest.nodes))),
        ("Started, ended", f"{manifest.started.strftime('%Y-%m-%d %H:%M:%S UTC')}, {ended}"),
        ("Outcome of the harness", one_line(manifest.outcome or "not known")),
        ("Probes", "; ".join(probes) or NONE),
        (
            "Load",
            f"{_known(load.users)} users, {_known(load.client_users)} through the client library, "
            f"each a task every {load.pace_s} s",
        ),
        ("Password hashing", f"bcrypt, {_known(rounds)} rounds"),
        ("Judged under", bounds(judgement)),
        ("Overrides of the judge", ", ".join(map(one_line, judgement.overrides)) or "none"),
        ("Seed", one_line(manifest.seed)),
        (
            "Machine",
            f"{host.get('cores', NONE)} cores, {memory(host.get('memory_bytes'))}, "
            f"{one_line(host.get('kernel', NONE))}",
        ),
        (
            "Software",
            ", ".join(f"{one_line(name)} {one_line(software[name])}" for name in sorted(software)) or NONE,
        ),
        ("Command", " ".join(map(one_line, manifest.command)) or NONE),
        ("Overhead of the harness", overhead(judgement)),
    ]


def _known(value: object) -> object:
    return NONE if value is None else value


def _scenario(manifest: Manifest) -> str:
    """Its name, what was changed over its file, and what it says of itself."""
    changes = [each for each in _changes(manifest.command) if not each.startswith(_DESCRIBING)]
    told = one_line(manifest.stored.name)
    if any(change.partition("=")[0] not in _NAMING for change in changes):
        told += f", with {', '.join(map(one_line, changes))} over its file"
    description = description_of(manifest)
    return f"{told}: {description}" if description else told


def description_of(manifest: Manifest) -> str:
    """What a run says of itself, as far as it is true of the run.

    Written of a scenario's file, it need not be of what the command line changed, unless that described it.
    """
    changed = {change.partition("=")[0] for change in _changes(manifest.command)} - _NAMING
    described = any(change.startswith(_DESCRIBING) for change in _changes(manifest.command))
    return "" if changed and not described else one_line(manifest.stored.description)


def _changes(command: Sequence[str]) -> Iterator[str]:
    """What the command line set over the scenario's file, `key=value` each."""
    words = iter(command)
    for word in words:
        option, _, value = word.partition("=")
        if option in _CHANGING:
            yield _CHANGING[option] + (value or next(words, ""))


def bounds(judgement: Judgement) -> str:
    """Every bound of the verdict."""
    settings = judgement.settings.model_dump(mode="json")
    return ", ".join(f"{name} {_bound(settings[name])}" for name in sorted(settings))


def _bound(value: object) -> str:
    if value is None:
        return "not set"
    return f"{value:g}" if isinstance(value, float) else one_line(value)


def overhead(judgement: Judgement) -> str:
    """Wall time of the procedure against its commands and waits."""
    figures = judgement.overhead
    if not {"wall_s", "busy_s", "overhead_percent"} <= set(figures):
        return "not known"
    return (
        f"{figures['overhead_percent']:.1f} % ({seconds(figures['wall_s'])} of procedure, "
        f"{seconds(figures['busy_s'])} of it in commands and waits)"
    )
