"""The panels of the picture, one a file, all on one time axis."""
