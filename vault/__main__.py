"""`python -m vault` is the same program as `amanat`."""

import sys

sys.dont_write_bytecode = True  # before the rest is imported

from vault.cli.app import main  # noqa: E402

main()
