"""The requests of a run, from their files to one table."""

from __future__ import annotations

from harness.evidence.requests.reading import read_requests
from harness.evidence.requests.table import OUTCOMES, Records, RequestFile, Requests, RequestText

__all__ = ["OUTCOMES", "Records", "RequestFile", "RequestText", "Requests", "read_requests"]
