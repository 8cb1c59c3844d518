"""The children that send requests; the only package that imports locust."""
