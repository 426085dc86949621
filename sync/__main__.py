"""`python -m sync` is `hubspot-sync`."""

from sync.cli import main

main()
