"""The only checks of bundles, logs and vaults; importing a bundle calls them too.

Nothing here writes. A check raises what is wrong, or returns a report that says what was
shown and what was not.
"""
