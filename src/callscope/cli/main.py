"""The `callscope` program: finds the command files and explains expected failures without a traceback."""

import importlib
import pkgutil
from typing import Any

import typer
from typer.core import TyperGroup

from callscope import cli
from callscope.core.errors import CallscopeError

PROGRAM = f"{cli.__name__}.main"
"""This file, which brings no command of its own."""


class ExplainingGroup(TyperGroup):
    """Turns a `CallscopeError` of any command into its message on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - click's own signature; its type is not public in Typer
        """Run the command; usage errors keep click's exit code 2, unexpected ones their traceback."""
        try:
            return super().invoke(ctx)
        except CallscopeError as failure:
            typer.echo(f"callscope: {failure.message}", err=True)
            raise typer.Exit(1) from failure


def command_files() -> tuple[str, ...]:
    """Return the full names of the modules that bring commands, in alphabetical order."""
    found = pkgutil.iter_modules(cli.__path__, f"{cli.__name__}.")
    return tuple(module.name for module in found if not module.ispkg and module.name != PROGRAM)


def build_app() -> typer.Typer:
    """Return the program with every command file's `app` mounted."""
    program = typer.Typer(
        name="callscope",
        help="Call analytics for voice agents, measured on the recording.",
        cls=ExplainingGroup,
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
    )
    for name in command_files():
        program.add_typer(importlib.import_module(name).app)
    return program


app = build_app()
