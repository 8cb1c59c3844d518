"""From the files of a run directory to findings and a verdict; no network, database or subprocess."""
