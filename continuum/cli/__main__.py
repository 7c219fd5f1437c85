"""``python -m continuum.cli``: the command line without its installed script."""

from continuum.cli.main import main

main()
