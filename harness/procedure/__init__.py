"""The upgrade: a pure plan of steps, and the driver that acts on it."""
