"""`callscope call`: calls on a server."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from callscope.cli.analyze import Direction

if TYPE_CHECKING:
    from callscope.cli.sending.server import OnProgress, Server

app = typer.Typer()
call = typer.Typer(help="Calls on a server.", no_args_is_help=True)
app.add_typer(call, name="call")

POLL_S = 0.5
FINAL = ("COMPLETED", "FAILED", "CANCELLED")


class Interface(StrEnum):
    """How the customer was connected, as it is typed."""

    PHONE = "phone"
    WEB = "web"


@call.callback()
def _call() -> None:
    """Keep the name of a command that stands alone."""


Readable = {"exists": True, "dir_okay": False, "readable": True}
RecordingFile = Annotated[Path, typer.Argument(help="A WAV, MP3, MP4/M4A or OGG file.", **Readable)]
StereoFile = Annotated[
    Path | None,
    typer.Option(help="The same call on two channels, left customer and right agent; preferred.", **Readable),
]
AgentName = Annotated[str | None, typer.Option(help="The agent, found by its name or made.")]
AgentId = Annotated[str | None, typer.Option(help="The agent's id, Callscope's or your own.")]
CustomerPhone = Annotated[str | None, typer.Option(help="The customer's number, like +14155551234.")]
ExternalId = Annotated[str | None, typer.Option(help="Your id of the call; no other call may have it.")]
StartedAt = Annotated[
    str | None,
    typer.Option(help="When the call began, like 2026-01-31T09:30:00Z. Default: when the file was last written."),
]
Greeting = Annotated[Direction, typer.Option(help="Who called whom.")]
Connected = Annotated[Interface, typer.Option(help="How the customer was connected.")]
Properties = Annotated[
    list[str] | None,
    typer.Option(
        "--property",
        metavar="NAME=VALUE",
        help="A property of the call; may be given several times. Numbers, true and false are sent as such, unless in "
        "double quotes: 'zip=\"02139\"'.",
    ),
]
TranscriptFile = Annotated[
    Path | None, typer.Option(help="A JSON transcript as the API takes or gives it.", **Readable)
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the call is analysed and print a summary.")]
TimeoutS = Annotated[float, typer.Option("--timeout", min=0, help="How many seconds --wait waits at most.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
ServerUrl = Annotated[str | None, typer.Option(help="The server (CALLSCOPE_SERVER_URL).")]
ApiKey = Annotated[str | None, typer.Option(help="The API key (CALLSCOPE_API_KEY).")]


@call.command()
def send(
    recording: RecordingFile,
    *,
    stereo: StereoFile = None,
    agent_name: AgentName = None,
    agent_id: AgentId = None,
    customer_phone: CustomerPhone = None,
    external_id: ExternalId = None,
    started_at: StartedAt = None,
    direction: Greeting = Direction.INBOUND,
    interface: Connected = Interface.PHONE,
    properties: Properties = None,
    transcript: TranscriptFile = None,
    wait: Wait = False,
    timeout_s: TimeoutS = 600.0,
    as_json: AsJson = False,
    url: ServerUrl = None,
    key: ApiKey = None,
) -> None:
    """Send a recording from this machine to a server and create a call of it.

    Exit codes: 0 sent (with --wait: analysed), 1 refused or not analysed, 2 wrong usage.
    """
    said = {
        "startedAt": started_at or datetime.fromtimestamp(recording.stat().st_mtime, UTC).isoformat(),
        "interfaceType": interface.upper(),
        "callDirection": direction.upper(),
        "properties": dict(_property(each) for each in properties or ()),
        "agent": _agent(agent_name, agent_id),
        "customer": None if customer_phone is None else {"phoneNumberE164": customer_phone},
        "transcript": None if transcript is None else _entries(transcript),
        "externalId": external_id,
    }
    with closing(_server(url, key)) as server:
        created = server.create_call(_uploaded(server, recording, stereo) | said)
        if wait:
            _wait(server, created["id"], timeout_s=timeout_s, as_json=as_json)
        elif as_json:
            typer.echo(json.dumps(created))
        else:
            typer.echo(f"{created['id']}  {server.url}/calls/{created['id']}")


def _uploaded(server: "Server", recording: Path, stereo: Path | None) -> dict[str, Any]:
    """Upload what is given, and return the fields by which a call names it."""
    urls = {}
    for field, path in (("recordingUrl", recording), ("stereoRecordingUrl", stereo)):
        if path is not None:
            with _showing_upload(path) as on_progress:
                urls[field] = server.upload(path, on_progress)
    return urls


def _property(spelled: str) -> tuple[str, str | float | bool]:
    """Return the name and value that `name=value` says: JSON's where it is a scalar of JSON, else the text itself."""
    name, equals, text = spelled.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{spelled!r} is no property; write name=value", param_hint="--property")
    try:
        value = json.loads(text, parse_constant=_no_number)
    except ValueError:
        return name, text
    return name, value if isinstance(value, str | int | float) else text


def _no_number(spelled: str) -> float:
    raise ValueError(spelled)


def _agent(name: str | None, id_: str | None) -> dict[str, str] | None:
    if id_ is None:
        return None if name is None else {"name": name}
    try:
        identity = {"roarkId": str(UUID(id_))}
    except ValueError:
        return {"customId": id_} if name is None else {"customId": id_, "name": name}
    if name is not None:
        raise typer.BadParameter("an agent with this id has its name already", param_hint="--agent-name")
    return identity


def _entries(transcript: Path) -> list[Any]:
    from callscope.cli.analysis.transcript_file import TranscriptUnreadable, read_entries

    entries = read_entries(transcript)
    if not isinstance(entries, list):
        raise TranscriptUnreadable(f"{transcript} holds no transcript: a list of entries is expected.")
    # What the API gives has entries of nobody in particular, which it does not take.
    return [entry for entry in entries if not isinstance(entry, dict) or entry.get("role", "") is not None]


def _server(url: str | None, key: str | None) -> "Server":
    from callscope.boot.settings import Settings
    from callscope.cli.sending.server import KEY_REMEDY, SendingFailed, Server

    settings = Settings()
    secret = settings.api_key or settings.bootstrap_api_key
    key = key or (None if secret is None else secret.get_secret_value())
    if not key:
        raise SendingFailed(f"No API key. {KEY_REMEDY}")
    here = f"http://{settings.host.replace('0.0.0.0', '127.0.0.1')}:{settings.port}"  # noqa: S104 - replaced
    return Server(url or settings.server_url or settings.public_url or here, key)


@contextmanager
def _showing_upload(path: Path) -> "Iterator[OnProgress]":
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(path.name, total=path.stat().st_size)
        yield lambda sent_bytes: progress.update(task, completed=sent_bytes)


def _wait(server: "Server", call_id: str, *, timeout_s: float, as_json: bool) -> None:
    from callscope.cli.sending.server import SendingFailed
    from callscope.cli.sending.summary import summary_lines

    analysis = _final_analysis(server, call_id, timeout_s=timeout_s)
    found, metrics = server.read_call(call_id), server.list_metrics(call_id)
    if as_json:
        typer.echo(json.dumps({"call": found, "analysis": analysis, "metrics": metrics}))
    else:
        typer.echo(f"{call_id}  {server.url}/calls/{call_id}")
        for line in summary_lines(found, analysis, metrics):
            typer.echo(line)
    if analysis["status"] != FINAL[0]:
        raise SendingFailed(f"The call was not analysed ({analysis['status']}): {analysis['reason']}")


def _final_analysis(server: "Server", call_id: str, *, timeout_s: float) -> dict[str, Any]:
    from rich.console import Console

    from callscope.cli.sending.server import SendingFailed

    until = time.monotonic() + timeout_s
    with Console(stderr=True).status("Analysing …"):
        while (analysis := server.read_analysis(call_id))["status"] not in FINAL:
            if time.monotonic() >= until:
                why = analysis["reason"] or f"it is at the stage {analysis['stage']!r}; is a worker running?"
                raise SendingFailed(f"{call_id} was sent and is not analysed yet: {why}")
            time.sleep(POLL_S)
    return analysis
