"""The part of the report that a reader explores: hover, zoom, filter, and what the logs say of a failure."""
