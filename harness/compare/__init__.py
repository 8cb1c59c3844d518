"""Compares groups of runs that differ in one thing, and answers whether that thing matters."""
