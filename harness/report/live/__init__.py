"""The page of a run that goes on: read from its files, served on loopback by a process of its own."""
