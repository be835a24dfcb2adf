"""`callscope models`: the speech models on this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()
models = typer.Typer(help="The speech models on this machine.", no_args_is_help=True)
app.add_typer(models, name="models")

_MEGABYTE = 1_000_000
Hub = Annotated[str | None, typer.Option("--hub", help="Address of the model hub or a mirror of it.")]


@models.command("list")
def list_models() -> None:
    """Show which models are here, and which can be fetched by name."""
    from callscope.outbound.model_hub import REPOSITORIES
    from callscope.speech.stt.model_store import stored_models

    stored = {model.name: model for model in stored_models(_store())}
    for name, model in stored.items():
        typer.echo(f"{name:<10} here, {model.size_bytes / _MEGABYTE:.0f} MB, {model.source or 'source unknown'}")
    for name, repository in REPOSITORIES.items():
        if name not in stored:
            typer.echo(f"{name:<10} can be fetched from {repository}")


@models.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A name `callscope models list` shows, or a repository: owner/model.")],
    revision: Annotated[str, typer.Option(help="Branch, tag or commit of the repository.")] = "main",
    hub: Hub = None,
) -> None:
    """Download a model, hold every file against the hub's hashes, and keep a manifest for `verify`."""
    import httpx

    from callscope.core.errors import CallscopeError
    from callscope.outbound.model_hub import DEFAULT_HUB, REPOSITORIES, ModelHub
    from callscope.speech.stt.model_store import write_manifest

    if name not in REPOSITORIES and "/" not in name:
        raise CallscopeError(f"There is no model called {name}. `callscope models list` shows the names.")
    directory = _store() / name.rsplit("/", maxsplit=1)[-1]
    with httpx.Client(timeout=httpx.Timeout(30)) as client:
        source = ModelHub(client, hub or DEFAULT_HUB)
        model = source.describe(REPOSITORIES.get(name, name), revision)
        with _bar(f"Fetching {name}", model.size_bytes) as advance:
            hashes = source.fetch(model, directory, advance)
    write_manifest(directory, source=f"{model.repository}@{model.commit}", sha256_by_file=hashes)
    typer.echo(f"{name} is in {directory}. Use it with CALLSCOPE_STT_MODEL={directory.name}.")


@models.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="One model; without it, all that are here.")] = None,
) -> None:
    """Hash the files of the models here anew; exit code 1 when one is not what was fetched."""
    from callscope.core.errors import CallscopeError
    from callscope.speech.stt.model_store import stored_models, verify_model

    chosen = [model for model in stored_models(_store()) if name in (None, model.name)]
    if name is not None and not chosen:
        raise CallscopeError(f"There is no model called {name} here.")
    is_whole = True
    for model in chosen:
        with _bar(f"Verifying {model.name}", model.size_bytes) as advance:
            verification = verify_model(model.directory, advance)
        for problem in verification.problems:
            typer.echo(f"{model.name}: {problem}.", err=True)
        if verification.is_whole:
            typer.echo(f"{model.name}: whole.")
        is_whole = is_whole and verification.is_whole
    if not is_whole:
        raise typer.Exit(1)


def _store() -> Path:
    from callscope.boot.settings import Settings

    return Settings().data_dir / "models"


@contextmanager
def _bar(label: str, size_bytes: int) -> Iterator[Callable[[int], None]]:
    """Show progress in bytes on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=size_bytes)
        yield lambda byte_count: progress.advance(task, byte_count)
