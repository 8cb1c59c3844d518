"""`harness run` with a tiny back-end, for a test that closes the terminal it writes to."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

from harness.command import entry
from harness.run import conduct as conducting
from tests.run.tiny import World


def main(folder: Path) -> None:
    """Run it in `folder`; after the first node has stopped, wait until the file `closed` is there."""
    world = World(folder)
    world.done.then["stop node1 term"] = partial(_wait_closed, folder)
    conducting.conduct = partial(conducting.conduct, means=world.means)
    entry.main()


def _wait_closed(folder: Path) -> None:
    (folder / "stopped").touch()
    until_s = time.monotonic() + 60
    while not (folder / "closed").exists() and time.monotonic() < until_s:
        time.sleep(0.01)
    time.sleep(0.6)  # the view draws four times a second, in a thread of its own


if __name__ == "__main__":
    main(Path(sys.argv.pop(1)))
