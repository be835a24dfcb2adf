"""`callscope analyze`: measure one recording, without a server."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callscope.core.call import CallDirection, Role

if TYPE_CHECKING:
    from callscope.services.measuring import Measurement
    from callscope.speech.stt.recognizer import Recognizer

app = typer.Typer()

UNKNOWN_PARTY = "unknown"


class Direction(StrEnum):
    """Who called whom, as it is typed."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


OnProgress = Callable[[int, int | None], None]


def _print_schema(wanted: bool) -> None:
    if wanted:
        import json

        from callscope.cli.analysis.schema import AnalysisDocument

        typer.echo(json.dumps(AnalysisDocument.model_json_schema(), indent=2))
        raise typer.Exit


RecordingFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A WAV, MP3, MP4/M4A or OGG file.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
ChannelParties = Annotated[
    str | None,
    typer.Option(
        metavar="ROLE,ROLE",
        help="The party of each channel, left first: agent, customer or unknown. Two channels default to "
        "customer,agent.",
    ),
]
TranscriptFile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        readable=True,
        help="A JSON transcript as the API takes or gives it; adds words, and turns for one channel.",
    ),
]
Greeting = Annotated[Direction, typer.Option(help="Who greets where two voices share one channel: inbound the agent.")]
Transcribe = Annotated[
    bool, typer.Option("--transcribe", help="Recognise the words, with a model that is on this machine.")
]
SpeechModel = Annotated[
    str | None,
    typer.Option(help="Speech model of --transcribe: a name or a directory. Default: CALLSCOPE_STT_MODEL."),
]
JudgeQuality = Annotated[
    bool, typer.Option("--quality", help="Also judge how good the voices sound (DNSMOS), 0.4 s per five minutes.")
]
PlotFile = Annotated[
    Path | None, typer.Option(dir_okay=False, writable=True, help="Draw who spoke when into this file, as SVG.")
]
ExplainedMetric = Annotated[
    str | None,
    typer.Option(metavar="METRIC", help="Tell in plain words how the numbers of this metric came about."),
]
PrintSchema = Annotated[
    bool, typer.Option("--schema", is_eager=True, callback=_print_schema, help="Print the JSON Schema of --json.")
]


@app.command()
def analyze(
    recording: RecordingFile,
    *,
    json: AsJson = False,
    channels: ChannelParties = None,
    transcript: TranscriptFile = None,
    direction: Greeting = Direction.INBOUND,
    transcribe: Transcribe = False,
    model: SpeechModel = None,
    quality: JudgeQuality = False,
    plot: PlotFile = None,
    explain: ExplainedMetric = None,
    schema: PrintSchema = False,  # noqa: ARG001 - handled before the command runs
) -> None:
    """Measure a recording: who spoke when, response times, interruptions, silence, pace, and the input check.

    Exit codes: 0 measured, 1 the file cannot be measured, 2 wrong usage.
    """
    if explain is not None:
        _check_metric(explain)
    if transcribe and transcript is not None:
        raise typer.BadParameter("the words are given by --transcript", param_hint="--transcribe")
    recognizer = _recognizer(model) if transcribe else None
    measurement = _measure(recording, channels, transcript, direction, judges_quality=quality)
    if recognizer is not None:
        measurement = _with_words(recording, measurement, recognizer)
    if plot is not None:
        _plot(measurement, plot)
    if explain is not None:
        _explain(measurement, explain)
    elif json:
        _print_json(measurement)
    else:
        _print_summary(measurement, recording)


def _measure(
    recording: Path, channels: str | None, transcript: Path | None, direction: Direction, *, judges_quality: bool
) -> "Measurement":
    from callscope.audio.probe import probe
    from callscope.cli.analysis.transcript_file import read_transcript_file
    from callscope.services.measuring import measure_recording

    roles = None if channels is None else parse_channels(channels, channel_count=probe(recording).channel_count)
    with _progress() as on_progress:
        return measure_recording(
            recording,
            roles=roles,
            transcript=() if transcript is None else read_transcript_file(transcript),
            direction=CallDirection(direction.value.upper()),
            on_progress=on_progress,
            judges_quality=judges_quality,
        )


def _explain(measurement: "Measurement", slug: str) -> None:
    from callscope.cli.analysis.explanation import explain_metric

    typer.echo(explain_metric(slug, measurement))


def _print_json(measurement: "Measurement") -> None:
    from callscope.cli.analysis.document import analysis_document

    typer.echo(analysis_document(measurement).model_dump_json(indent=2))


def _print_summary(measurement: "Measurement", recording: Path) -> None:
    from rich.console import Console

    from callscope.cli.analysis.summary import print_summary

    print_summary(Console(highlight=False), str(recording), measurement)


def _check_metric(slug: str) -> None:
    from callscope.metrics import registry

    known = [definition.slug for definition in registry.definitions()]
    if slug not in known:
        raise typer.BadParameter(f"{slug!r} is no metric; there are {', '.join(known)}", param_hint="--explain")


def _plot(measurement: "Measurement", path: Path) -> None:
    from callscope.cli.analysis.plot import draw_conversation
    from callscope.core.errors import CallscopeError

    if measurement.conversation is None:
        raise CallscopeError(f"There is nothing to draw: {measurement.conversation_reason}")
    stretch = (0, measurement.analysis.duration_ms)
    path.write_text(draw_conversation(measurement.conversation, stretch, report=measurement.analysis.report))


def _recognizer(model: str | None) -> "Recognizer":
    from callscope.boot.settings import Settings
    from callscope.core.errors import CallscopeError
    from callscope.speech.stt.model_store import load_recognizer
    from callscope.speech.stt.recognizer import RecognizerUnavailable
    from callscope.speech.stt.whisper import WhisperParameters

    settings = Settings()
    parameters = WhisperParameters(thread_count=settings.stt_threads or os.cpu_count() or 1)
    loaded = load_recognizer(model or settings.stt_model, settings.data_dir / "models", parameters)
    if isinstance(loaded, RecognizerUnavailable):
        raise CallscopeError(loaded.reason)
    return loaded


def _with_words(recording: Path, measurement: "Measurement", recognizer: "Recognizer") -> "Measurement":
    from callscope.services.measuring import with_words
    from callscope.services.transcribing import spoken_parts, transcribe_recording

    if measurement.conversation is None:
        return measurement
    parts = spoken_parts(measurement.analysis, measurement.conversation)
    return with_words(measurement, transcribe_recording(recording, parts, recognizer))


def parse_channels(text: str, *, channel_count: int) -> tuple[Role | None, ...]:
    """Return the party of each channel of `customer,agent`; None for `unknown`.

    Raises:
        typer.BadParameter: another word, one party on two channels, or not one word per channel.
    """
    known: dict[str, Role | None] = {**{role.value: role for role in Role}, UNKNOWN_PARTY: None}
    names = [name.strip().lower() for name in text.split(",")]
    if len(names) != channel_count:
        raise typer.BadParameter(
            f"{len(names)} parties are named, the recording has {channel_count} channels", param_hint="--channels"
        )
    for name in names:
        if name not in known:
            raise typer.BadParameter(
                f"{name!r} is no party; use agent, customer or unknown, one per channel", param_hint="--channels"
            )
        if known[name] is not None and names.count(name) > 1:
            raise typer.BadParameter(f"{name} stands on more than one channel", param_hint="--channels")
    return tuple(known[name] for name in names)


@contextmanager
def _progress() -> Iterator[OnProgress | None]:
    """Show a bar on stderr while it is a terminal; nothing at all elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("listening"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("listening", total=None)
        yield lambda done_ms, total_ms: progress.update(task, completed=done_ms, total=total_ms)
