"""Commands, one file each; heavy imports stand inside commands.

Every module of this package beside `main` is a command file: it holds a `typer.Typer` called `app`. Without a name
its commands stand at the top (`callscope analyze`); with one they form a group (`callscope db migrate`). What commands
share in drawing their output lives in sub-packages.
"""
