"""Strict readers and writers of the primitives that all line formats are made of.

Each value has exactly one encoding. Whatever else is offered (leading zeros, upper-case
digits, missing padding, stray bits, CR, NUL, a byte-order mark) raises `MalformedRecord`,
and nothing but `MalformedRecord`. Pure: no files, clock or randomness.
"""
