"""`python -m tael`: the same as `tael`."""

from tael.cli.main import main

main()
