"""Order and integrity of entries, in bytes that a court can check with standard tools.

An entry is a leaf: commitments to its fields, chained to the leaf before it and counted in
a Merkle tree (RFC 6962). A field is shown by its disclosure. What leaves the vault stands
under a checkpoint, a C2SP signed note. Records are hashed and signed as the very bytes that
were stored and are never written anew. Pure: no files and no clock; randomness is passed in.
"""
