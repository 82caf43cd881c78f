"""The one type alias that all primitives share."""

Buffer = bytes | bytearray | memoryview
"""Bytes that a primitive reads, wherever they lie."""
