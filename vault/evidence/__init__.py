"""What an entry says: the names of its fields, their form, and what stays inside by default.

Pure rules: no files, no clock, no randomness. `fields` is the one list of field names,
`kinds` says which entry carries which, `dates` knows the precision of a date, and
`metadata` is the line format in which a file's own metadata becomes a field.
"""
