"""Takes the planned steps one after the other and stops at the first that fails or is not proven."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from harness.errors import HarnessError
from harness.evidence.names import Phase, Step
from harness.procedure.actions import ACTIONS
from harness.procedure.context import Context
from harness.procedure.plan import PlannedPhase, PlannedStep
from harness.procedure.stage import StepReport
from harness.signals import uninterrupted


def drive(context: Context, phases: Iterable[PlannedPhase]) -> None:
    """Carry the procedure out; what it changed in the database server is put back on every way out.

    Raises:
        StepError: a step failed or was not proven; it is journalled, and no later step was begun.
        ServerDiedError: a server ended by itself, whatever came of that.
        HarnessError: the harness cannot go on, e.g. a generator died.
    """
    try:
        for phase in phases:
            _take(context, phase)
        _look_after(context)
    except HarnessError as error:
        try:
            # Asked before anything else is tried, which fails of a dead server as well.
            cause = context.servers.cause(error)
        finally:
            _leave(context)
        if cause is error:
            raise
        raise cause from error
    except BaseException:
        _leave(context)
        raise


def _leave(context: Context) -> None:
    with uninterrupted():
        # Nobody may break what is being put back.
        context.stage.dismiss()
        _put_back(context)


def _look_after(context: Context) -> None:
    context.generator.check_alive()
    context.servers.check_alive()


def _take(context: Context, phase: PlannedPhase) -> None:
    if phase.skip is not None:
        context.stage.skip_phase(phase.phase, phase.skip)
        return
    with context.stage.phase(phase.phase):
        for step in phase.steps:
            _run(context, phase.phase, step)


def _run(context: Context, phase: Phase, step: PlannedStep) -> None:
    _look_after(context)
    if step.skip is not None:
        context.stage.skip_step(phase, step.step, step.node, step.skip)
        return
    _act(context, phase, step)


def _act(context: Context, phase: Phase, step: PlannedStep) -> None:
    with context.stage.step(phase, step.step, step.node) as report:
        ACTIONS[step.step](context, phase, step, report)


def _put_back(context: Context) -> None:
    """Restore the trust flag after a failure; failing at that is journalled and never hides the failure."""
    step = PlannedStep(Step.RESTORE_TRUST)
    if context.trust_before is None:
        return
    try:
        _act(context, Phase.RESTORE, step)
    except HarnessError as error:
        _tell_how(context, error)
    except OSError:  # the journal can not be written
        _put_back_unwritten(context, step)


def _put_back_unwritten(context: Context, step: PlannedStep) -> None:
    """The same without a line of the journal; where that fails only who watches can be told."""
    if context.trust_before is None:  # it was done, and only its last line is missing
        return
    try:
        ACTIONS[step.step](context, Phase.RESTORE, step, StepReport())
    except (HarnessError, OSError) as error:
        _tell_how(context, error)


def _tell_how(context: Context, error: Exception) -> None:
    """How to put it back by hand; no such thing where the server may be gone, and its flag with it."""
    with suppress(OSError):
        if isinstance(error, HarnessError) and (cause := context.servers.cause(error)) is not error:
            context.stage.note(f"log_bin_trust_function_creators was not put back: {cause}")
            return
        context.stage.note(
            f"log_bin_trust_function_creators could not be put back to {context.trust_before:d} ({error}); "
            "set it by hand: SET GLOBAL log_bin_trust_function_creators = "
            f"{context.trust_before:d}"
        )
