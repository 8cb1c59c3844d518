"""Controls: runs with an injected fault that must be found, and runs without one that must pass."""
