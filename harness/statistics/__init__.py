"""Statistics that know nothing of runs: two samples, few runs, bounds."""
