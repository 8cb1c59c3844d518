"""Upgrades a real Keystone under load and proves whether there was downtime."""

__version__ = "0.1.0"
