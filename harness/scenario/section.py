"""What all tables that a person writes have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table: no key that is not known, no value that changes later, no number that is infinite or none.

    An infinite bound would be no bound, and could not be stored in `run.json`, which is JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
