"""The only room that opens container and output files, fsyncs, renames and locks.

`interface` says what a disk can do, `real` does it on this system; tests put doubles behind
the same interface. Nothing here knows what is in a file. Every failure of the system leaves
as one of the errors of `vault.errors`, in plain words; a write or an fsync that failed is
`NotSaved` and is never tried a second time.
"""
