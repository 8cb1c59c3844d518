"""The seal of a run: what each file of its evidence held when the run was closed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import orjson
from pydantic import BaseModel, ConfigDict, Field

from harness.evidence.files import need_size, open_file, read_document
from harness.evidence.rundir import RunDirectory

_CHUNK_BYTES = 1 << 20
"""Hashed at a time: large enough to leave the interpreter lock alone, small enough to stay in a cache."""
_GROWN_BYTES_MAX = 1 << 30
"""Behind what was sealed. A file that is longer still is refused: it would be hashed for as long as somebody
else likes."""
_THREADS = 2
"""Hashing runs outside the interpreter lock; the machines this is made for have two cores."""

Count = Annotated[int, Field(ge=0, lt=2**63)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SealedFile(BaseModel):
    """What one file held."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    lines: Count
    """A last one without a newline counts."""
    bytes: Count
    sha256: Digest


class Seal(BaseModel):
    """The key `seal` of `run.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    files: dict[str, SealedFile]
    """Path in the run directory, with `/`, -> what it held."""
    sha256: Digest
    """Over the rest of `run.json`, the other part of the seal included; see `digest`. It stands for the whole
    run directory: who noted it elsewhere can tell whether this is that run."""


def digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the document of `run.json` without the digest itself, as JSON with sorted keys, no spaces.

    Of the document, not of its bytes, so that the file may be indented otherwise.
    """
    files = (manifest.get("seal") or {}).get("files")
    told = {**manifest, "seal": {"files": files}}
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def sealed_files(run: RunDirectory) -> dict[str, SealedFile]:
    """What each file of the evidence holds now, by its path in the run directory.

    Raises:
        UsageError: one is no regular file.
        OSError: one cannot be read.
    """
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="seal") as pool:
        paths = (*run.evidence_files(), *run.growing_files())
        return dict(zip(map(run.name_of, paths), pool.map(held, paths), strict=True))


def held(path: Path) -> SealedFile:
    """What a file holds.

    Raises:
        UsageError: it is no regular file.
        OSError: it cannot be read.
    """
    with open_file(path) as file:
        return _held(file, None)


def _held(file: BinaryIO, bytes_max: int | None) -> SealedFile:
    """What a file holds, or its first `bytes_max` bytes."""
    told, lines, size, last = hashlib.sha256(), 0, 0, b"\n"
    for chunk in _chunks(file, bytes_max):
        told.update(chunk)
        lines += chunk.count(b"\n")
        size += len(chunk)
        last = chunk[-1:]
    return SealedFile(lines=lines + (last != b"\n"), bytes=size, sha256=told.hexdigest())


def _chunks(file: BinaryIO, bytes_max: int | None) -> Iterator[bytes]:
    left = os.fstat(file.fileno()).st_size if bytes_max is None else bytes_max
    while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
        left -= len(chunk)
        yield chunk


@dataclass(frozen=True, slots=True)
class Difference:
    """A file of the evidence that is not what was sealed."""

    name: str
    sealed: SealedFile | None
    """None where there was no such file."""
    found: SealedFile | None
    """None where there is none now."""
    grown: bool = False
    """What was sealed is still its beginning."""


@dataclass(frozen=True, slots=True)
class SealRead:
    """What the seal of a run says of its files now."""

    exists: bool = False
    manifest_changed: bool = False
    """`run.json` is not what was sealed."""
    differences: tuple[Difference, ...] = ()
    """By name."""


def check_seal(run: RunDirectory, seal: Seal | None) -> SealRead:
    """Hold the files of a run directory against its seal; nothing is said of a run without one.

    Raises:
        UsageError: a file is no regular one, or longer by far than what was sealed.
        OSError: a file cannot be read.
    """
    if seal is None:
        return SealRead()
    for path in (*run.evidence_files(), *run.growing_files()):
        _need_hashable(path, seal.files.get(run.name_of(path)))
    changed = digest(orjson.loads(read_document(run.manifest))) != seal.sha256
    found = _found(run, seal)
    differences = (
        Difference(name, sealed, now, grown=_is_grown(run.path / name, sealed, now))
        for name in sorted({*seal.files, *found})
        if (sealed := seal.files.get(name)) != (now := found.get(name))
    )
    return SealRead(exists=True, manifest_changed=changed, differences=tuple(differences))


def _found(run: RunDirectory, seal: Seal) -> dict[str, SealedFile]:
    """What is there now of what was sealed: of a file that may grow its beginning, where it was sealed.

    Earlier programs did not seal such a file.
    """
    now = sealed_files(run)
    for path in run.growing_files():
        sealed = seal.files.get(run.name_of(path))
        if sealed is None:
            del now[run.name_of(path)]
        elif _is_grown(path, sealed, now[run.name_of(path)]):
            now[run.name_of(path)] = sealed
    return now


def _need_hashable(path: Path, sealed: SealedFile | None) -> None:
    with open_file(path) as file:
        need_size(file, path, (sealed.bytes if sealed else 0) + _GROWN_BYTES_MAX)


def _is_grown(path: Path, sealed: SealedFile | None, found: SealedFile | None) -> bool:
    if sealed is None or found is None or found.bytes <= sealed.bytes:
        return False
    with open_file(path) as file:
        return _held(file, sealed.bytes) == sealed
