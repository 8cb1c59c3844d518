"""The read-back's log: stage by stage, what each view showed of each entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter

from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLines, JsonLinesWriter
from harness.evidence.ledger.rows import parsed
from harness.evidence.ledger.sightings import EntityRead, ReadBack, Stage

_ENTITY = TypeAdapter(EntityRead)


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


def noted_read_backs(lines: JsonLines) -> tuple[tuple[ReadBack, ...], int]:
    """The stages in the order in which they began, and how many rows are not what they should be."""
    found: dict[Stage, list[Mapping[str, Any]]] = {}
    bad = 0
    for row in lines.rows:
        stage = row.get("stage")
        if stage in set(Stage):
            found.setdefault(Stage(stage), []).append(row)
        else:
            bad += 1
    read_backs = []
    for stage, rows in found.items():
        read_back, worse = _read_back(stage, rows)
        read_backs.append(read_back)
        bad += worse
    return tuple(read_backs), bad


def _read_back(stage: Stage, rows: Sequence[Mapping[str, Any]]) -> tuple[ReadBack, int]:
    begin = next((row for row in rows if row.get("edge") == "begin"), {})
    end = next((row for row in rows if row.get("edge") == "end"), {})
    told = [row.get("entity") for row in rows if row.get("edge") == "entity"]
    entities = [entity for row in told if (entity := parsed(_ENTITY, row)) is not None]
    read_back = ReadBack(
        stage=stage,
        views=tuple(begin.get("views", ())),
        cut_off_ns=int(begin.get("cut_off_ns", 0)),
        entities=tuple(entities),
        end_ns=end.get("mono_ns"),
        requests=int(end.get("requests", 0)),
        errors=tuple(end.get("errors", ())),
    )
    return read_back, len(told) - len(entities)
