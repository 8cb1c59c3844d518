"""Workers of a node that were killed: uWSGI starts another, so that only the node's log tells of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_BEGINS = b"*** Starting uWSGI"
_KILLED = re.compile(rb"^DAMN ! worker \d+ \(pid: \d+\) died, killed by signal (\d+) ", re.MULTILINE)


class KilledWorkers:
    """Reads on in the log of one node."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read_bytes = 0

    def since(self) -> Iterator[int]:
        """The signal of each worker that was killed since the last look, in the node's present life.

        One that was ended with its node stands before the node's next start.
        """
        try:
            with self._log.open("rb") as file:
                file.seek(self._read_bytes)
                text = file.read()
        except FileNotFoundError:
            return
        whole = text[: text.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        for found in _KILLED.finditer(whole[max(0, whole.rfind(_BEGINS)) :]):
            yield int(found[1])
