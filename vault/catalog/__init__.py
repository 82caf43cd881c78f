"""What a volume holds, and the only room that speaks SQL.

Two things lie in a volume's blocks. The record stream is the truth: leaves, disclosures,
extents of media, contacts, counters, each a numbered record. The SQLite database is an
index over it: every page of it can be damaged or missing, and is then rebuilt from the
records. Nothing is trusted that a block holds; no file is ever opened; nothing is stored
before `flush`, and nothing lasts before the container's commit.
"""
