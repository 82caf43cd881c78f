"""One file per command, each exporting `COMMAND`, imported when it is called."""
