"""Sealed bundles: what travels from one vault to another person.

A bundle is one standard age v1 file for one recipient. Its body is a signed manifest and the
files that the manifest names, padded. This room turns parts into a stream of bytes and a stream
of bytes back into parts; it opens no file, knows no path, no clock and no container, holds a
few MiB at most, and trusts no number that it read. docs/format/sync.md tells the format.
"""
