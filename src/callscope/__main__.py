"""`python -m callscope`: the same program as `callscope`."""

from callscope.cli.main import app

app()
