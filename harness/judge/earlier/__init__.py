"""Earlier runs, and whether a run is worse than they were."""
