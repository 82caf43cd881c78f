"""Reading and writing at a position, where the system has calls for it and where not."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import threading

    class PositionedCalls:
        """Seek and read, seek and write, under a lock: Windows' C library has no pread."""

        def __init__(self) -> None:
            self._cursor = threading.Lock()

        def read_into(self, descriptor: int, buffer: memoryview, offset: int) -> int:
            """Read once at `offset` into `buffer`; return how many bytes, 0 at the end."""
            with self._cursor:
                os.lseek(descriptor, offset, os.SEEK_SET)
                data = os.read(descriptor, len(buffer))
            buffer[: len(data)] = data
            return len(data)

        def write(self, descriptor: int, data: memoryview, offset: int) -> int:
            """Write once at `offset`; return how many bytes were taken."""
            with self._cursor:
                os.lseek(descriptor, offset, os.SEEK_SET)
                return os.write(descriptor, data)

else:

    class PositionedCalls:
        """pread and pwrite; preadv, which fills a buffer in place, where there is one.

        Python repeats calls that a signal interrupted (PEP 475).
        """

        def read_into(self, descriptor: int, buffer: memoryview, offset: int) -> int:
            """Read once at `offset` into `buffer`; return how many bytes, 0 at the end."""
            if hasattr(os, "preadv"):
                return os.preadv(descriptor, [buffer], offset)
            data = os.pread(descriptor, len(buffer), offset)  # macOS before 11
            buffer[: len(data)] = data
            return len(data)

        def write(self, descriptor: int, data: memoryview, offset: int) -> int:
            """Write once at `offset`; return how many bytes were taken."""
            return os.pwrite(descriptor, data, offset)
