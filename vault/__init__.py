"""Amanat: an offline-first encrypted evidence vault."""

__version__ = "0.1.0"
