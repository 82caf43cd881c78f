"""Amanat: an offline-first encrypted evidence vault."""

import sys

# Before anything else of the program is imported: running it leaves no byte code on the disk.
sys.dont_write_bytecode = True

__version__ = "0.1.0"
