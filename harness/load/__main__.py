"""`python -m harness.load`: one child, its task on standard input. Started by `harness.load.process`."""

from __future__ import annotations

import logging
import sys

from pydantic import ValidationError

from harness.errors import ExitCode, HarnessError
from harness.load.spec import ChildSpec
from harness.refusal import problem


def main() -> int:
    """Read the task, do it; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        # Unbuffered: the end of standard input is watched for later, on the bare descriptor.
        with open(0, "rb", buffering=0, closefd=False) as task:
            spec = ChildSpec.model_validate_json(task.readline())
    except ValidationError as error:
        words = problem(error, ChildSpec, whole="the task", tell_values=False)  # it holds passwords
        return _fail(f"the task on standard input can not be read: {words}", ExitCode.USAGE)
    # Only now: locust patches the whole process on import.
    from harness.load.child import run_child

    try:
        return run_child(spec)
    except HarnessError as error:
        return _fail(str(error), error.exit_code)
    except OSError as error:
        return _fail(f"the evidence file cannot be made: {error}", ExitCode.HARNESS_ERROR)


def _fail(sentence: str, exit_code: ExitCode) -> ExitCode:
    """One sentence in the log, no traceback: what was asked for is wrong, not this program."""
    logging.getLogger(__name__).error("%s", sentence)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
