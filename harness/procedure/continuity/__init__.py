"""Checks, node by node, that what one release made the other honours."""

from harness.procedure.continuity.continuity import Continuity
from harness.procedure.continuity.old_data import OldData, seed_old_data
from harness.procedure.continuity.others import OthersDrops

__all__ = ["Continuity", "OldData", "OthersDrops", "seed_old_data"]
