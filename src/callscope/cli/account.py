"""`callscope account`: people who sign in to the pages."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from callscope.storage.engine import Session

app = typer.Typer()
account = typer.Typer(help="People who sign in to the pages.", no_args_is_help=True)
app.add_typer(account, name="account")


@account.command("set-password")
def set_password(
    email: Annotated[str, typer.Argument(help="The account's e-mail address.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given.")
    ],
) -> None:
    """Give an account another password, for whoever forgot theirs; its sessions end and its lock opens."""
    from callscope.boot.database import on_settings_database
    from callscope.services.accounts import reset_password

    async def reset(session: "Session") -> None:
        await reset_password(session, email=email, password=password)

    on_settings_database(reset)
    typer.echo(f"{email} has a new password.")
