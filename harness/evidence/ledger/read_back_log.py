"""The read-back's log: stage by stage, what each view showed of each entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import TypeAdapter

from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLines, JsonLinesWriter
from harness.evidence.ledger.sightings import EntityRead, ReadBack, Stage
from harness.evidence.rows import Natural, parsed


class ReadBackLog:
    """Writes one stage of a read-back to `ledger.jsonl`."""

    def __init__(self, path: Path, stage: Stage, views: Sequence[str], cut_off_ns: int) -> None:
        """Begin the stage, after those before it.

        Raises:
            OSError: the file cannot be written.
        """
        self._lines = JsonLinesWriter(path)
        self._stage = stage
        self._append("begin", views=list(views), cut_off_ns=cut_off_ns)

    def entity(self, entity: EntityRead) -> None:
        """Write what was found of one entity.

        Raises:
            OSError: the file cannot be written.
        """
        self._append("entity", entity=entity)

    def end(self, requests: int, errors: Iterable[str]) -> None:
        """End the stage.

        Raises:
            OSError: the file cannot be written.
        """
        self._append("end", mono_ns=now_ns(), requests=requests, errors=list(errors))

    def _append(self, edge: str, **more: Any) -> None:
        self._lines.append({"stage": self._stage, "edge": edge, **more})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()


@dataclass(frozen=True, slots=True)
class _Begin:
    """A stage that began."""

    views: tuple[str, ...] = ()
    cut_off_ns: Natural = 0


@dataclass(frozen=True, slots=True)
class _End:
    """A stage that came to its end."""

    mono_ns: Natural | None = None
    requests: Natural = 0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A line: of which stage it is, and which part of it."""

    stage: Stage
    edge: Literal["begin", "entity", "end"]
    entity: EntityRead | None = None


_ROW, _BEGIN, _END = TypeAdapter(_Row), TypeAdapter(_Begin), TypeAdapter(_End)


@dataclass(slots=True)
class _Noted:
    """A stage, as far as it has been read."""

    begin: _Begin | None = None
    end: _End | None = None
    entities: list[EntityRead] = field(default_factory=list)

    def take(self, row: _Row, told: Mapping[str, Any]) -> bool:
        """Add a line; False where it is not what it should be. The first begin and the first end count."""
        if row.edge == "begin":
            begin = parsed(_BEGIN, told)
            self.begin = self.begin or begin
            return begin is not None
        if row.edge == "end":
            end = parsed(_END, told)
            self.end = self.end or end
            return end is not None
        if row.entity is not None:
            self.entities.append(row.entity)
        return row.entity is not None

    def read_back(self, stage: Stage) -> ReadBack:
        """What was read back at the stage."""
        begin, end = self.begin or _Begin(), self.end or _End()
        return ReadBack(
            stage=stage,
            views=begin.views,
            cut_off_ns=begin.cut_off_ns,
            entities=tuple(self.entities),
            end_ns=end.mono_ns,
            requests=end.requests,
            errors=end.errors,
        )


def noted_read_backs(lines: JsonLines) -> tuple[tuple[ReadBack, ...], int]:
    """The stages in the order in which they began, and how many rows are not what they should be."""
    found: dict[Stage, _Noted] = {}
    bad = 0
    for told in lines.rows:
        row = parsed(_ROW, told)
        bad += row is None or not found.setdefault(row.stage, _Noted()).take(row, told)
    return tuple(noted.read_back(stage) for stage, noted in found.items()), bad
