"""A run that is over, however it ended."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import ExitCode, HarnessError, ServerDiedError, StepError
from harness.evidence.rundir import RunDirectory

_LEFT_TO_THE_VERDICT = (StepError, ServerDiedError, KeyboardInterrupt)


@dataclass(frozen=True, slots=True)
class Conducted:
    """A run that is over, however it ended."""

    run: RunDirectory
    error: BaseException | None
    """What ended it early; None where it was completed."""
    left: tuple[str, ...]
    """What could not be stopped or removed, a sentence each."""

    @property
    def exit_code(self) -> ExitCode | None:
        """Exit status that takes the place of the verdict's, where the harness itself broke.

        A step that failed is a finding, a run that was interrupted or lost a server an inconclusive one: None
        for all of them.
        """
        if self.error is None and self.left:
            return ExitCode.HARNESS_ERROR
        if self.error is None or isinstance(self.error, _LEFT_TO_THE_VERDICT):
            return None
        return self.error.exit_code if isinstance(self.error, HarnessError) else ExitCode.HARNESS_ERROR

    @property
    def words(self) -> str:
        """What ended it early, for the person at the terminal."""
        match self.error:
            case None:
                return "; ".join(self.left) or "completed"
            case KeyboardInterrupt():
                stopped = "everything that was started has been stopped"
                return f"interrupted; {'; '.join(self.left) or stopped}"
            case HarnessError():
                return str(self.error)
        return f"a bug of the harness: {type(self.error).__name__}: {self.error}"
