"""Keystone releases: the catalogue, their locks, installing them, and the migrations they bring."""
