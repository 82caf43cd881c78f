"""The only room that imports cryptographic libraries.

Every primitive comes from `cryptography` (OpenSSL) or PyNaCl (libsodium); this room only
names them, fixes their parameters, and keeps one list of domain-separation labels.
Nothing here reads files, knows a format, or decides a rule.
"""
