"""Bounds on a share of which only a sample was seen."""

from __future__ import annotations

from scipy.special import betaincinv

CONFIDENCE = 0.95


def error_rate_upper(failures: int, requests: int) -> float | None:
    """Upper end of the one-sided 95 % Clopper-Pearson interval on the share of failures, 0 to 1.

    C. J. Clopper, E. S. Pearson, Biometrika 26 (1934): the quantile of a beta distribution. With no
    failure it is close to 3 / requests, the rule of three. None without requests.
    """
    if requests == 0:
        return None
    if failures >= requests:
        return 1.0
    return float(betaincinv(failures + 1, requests - failures, CONFIDENCE))
