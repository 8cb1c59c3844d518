"""`python -m harness.report.live`: the page's process; its task on standard input, with which it ends."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sys
import threading
from pathlib import Path

LOG_BYTES_MAX = 64 * 1024
"""Of `page.log`, the only file that this process writes. A bug that every question of a page meets anew would
otherwise fill the disk of the run."""


def main() -> int:
    """Serve until standard input ends; returns the exit status."""
    _step_back()
    # The terminal's Ctrl-C is for the harness, which ends this process when its run is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(0, "rb", buffering=0, closefd=False) as task:
        order = json.loads(task.readline())
        # Only now, and so at the lowest priority: the imports cost a second of a core.
        from harness.evidence.rundir import RunDirectory
        from harness.report.live.follow import Follower
        from harness.report.live.server import PageServer

        listening = socket.socket(fileno=order["socket"])
        _bound_what_is_written()
        server = PageServer(listening, order["token"], Follower(RunDirectory(Path(order["run"]))))
        threading.Thread(target=server.serve_forever, name="page", daemon=True).start()
        task.read()
    return 0


def _step_back() -> None:
    """Run only while nothing else wants the processor: the page must not cost the probes their time."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(19)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _bound_what_is_written() -> None:
    """Python ignores the signal that goes with it, and a line that finds no room is lost without harm."""
    sys.dont_write_bytecode = True
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = LOG_BYTES_MAX if hard == resource.RLIM_INFINITY else min(LOG_BYTES_MAX, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))


if __name__ == "__main__":
    sys.exit(main())
