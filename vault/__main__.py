"""`python -m vault` is the same program as `amanat`."""

from vault.cli.app import main

main()
