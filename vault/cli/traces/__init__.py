"""What operating systems and other programs keep of a person's work: read, never changed.

One file per system, each a function from a `Machine` to findings. Nothing here opens a file of
the person's: whether it exists, and the system's own settings, are all that is looked at.
"""
