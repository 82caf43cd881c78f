"""The deniable container: one file of random-looking bytes that holds up to three volumes.

Invariants, in docs/format/container.md and docs/durability.md:

1. What is written, where, and in which order follows from public state alone (`plan`).
2. Every row is written whole, with a share for every level, whether or not it exists.
3. No commit overwrites a live block of an open volume; one cell commits all levels.
4. Reading never writes.

This room does not know what is stored in it.
"""
