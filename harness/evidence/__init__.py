"""The run directory: the only package that knows the file formats."""
