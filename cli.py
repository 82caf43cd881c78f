"""Start Amanat from a checkout: `.venv/bin/python cli.py --help`. Not installed."""

import sys

sys.dont_write_bytecode = True  # before the first import: running leaves no trace in the checkout

from vault.cli.app import app, main  # noqa: E402

__all__ = ["app", "main"]

if __name__ == "__main__":
    main()
