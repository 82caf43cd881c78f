"""The command line: options, prompts, rendering and exit codes, and no rule of the domain.

One file per command in `commands`; each is imported when it is called, so that `--help` costs
no more than Typer itself. Data goes to standard output, everything else to standard error.
Whatever came from outside passes `safe()` before a terminal sees it.
"""
