"""`callscope key`: API keys."""

import json
from typing import Annotated

import typer

app = typer.Typer()
key = typer.Typer(help="API keys.", no_args_is_help=True)
app.add_typer(key, name="key")


@key.command()
def create(
    *,
    project: Annotated[str, typer.Option(help="Name of the project; made when there is none.")] = "default",
    name: Annotated[str, typer.Option(help="A label to recognise the key by.")] = "key",
    scope: Annotated[str, typer.Option(help="READ, or WRITE for everything.")] = "WRITE",
    permission: Annotated[
        list[str] | None, typer.Option(help="Narrow the key to `resource:action`; may be given several times.")
    ] = None,
    integration: Annotated[
        str | None,
        typer.Option(help="Bind the key to one integration: `pipecat`, `livekit-sdk`, `vapi` or `retell`."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make an API key and print it. It is shown this once and stored only as a digest."""
    from callscope.boot.database import on_settings_database
    from callscope.core.integration import Integration
    from callscope.core.permissions import Scope
    from callscope.services.keys import create_key

    if scope not in set(Scope):
        raise typer.BadParameter("must be READ or WRITE", param_hint="--scope")
    if integration is not None and integration not in set(Integration):
        raise typer.BadParameter(f"must be one of {', '.join(Integration)}", param_hint="--integration")
    created = on_settings_database(
        lambda session: create_key(
            session,
            project_name=project,
            name=name,
            scope=Scope(scope),
            permissions=permission,
            integration=integration,
        )
    )
    if as_json:
        shown = {"id": str(created.id), "project_id": str(created.project_id), "project": project, "name": created.name}
        typer.echo(json.dumps({**shown, "scope": created.scope, "key": created.plain_key}))
    else:
        typer.echo(created.plain_key)
