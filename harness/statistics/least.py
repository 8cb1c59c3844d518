"""How few observations say nothing; nothing is imported here, so that a refusal can ask in no time."""

from __future__ import annotations

EFFECTIVE_MIN = 10.0
"""Independent samples a side below which Brunner and Munzel's approximation is not to be trusted
(K. Neubert, E. Brunner, Computational Statistics & Data Analysis 51, 2007)."""
