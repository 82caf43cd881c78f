"""One file per use case: each orders the steps that the rooms below know how to make.

Clock, randomness, disk and form come in as arguments. Nothing here prints or asks.
"""
