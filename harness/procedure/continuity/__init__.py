"""Checks, node by node, that what one release made the other honours."""

from harness.procedure.continuity.continuity import Continuity

__all__ = ["Continuity"]
