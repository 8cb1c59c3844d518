"""What keeps this tree in order: run by make, never installed."""
