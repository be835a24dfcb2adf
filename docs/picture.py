"""Take the README's picture of the call page: `python docs/picture.py` writes `docs/images/call.png`.

The page shows the demo's call about a double charge, measured anew from its recording; nothing is stored.
"""

import asyncio
import json
import sys
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the builders of the tests make the page's data

from callscope.core.call import CallAgent, CallCustomer, Role  # noqa: E402 - after the path is set
from callscope.core.clock import SystemClock  # noqa: E402
from callscope.core.ids import new_id  # noqa: E402
from callscope.core.metric import MetricContext  # noqa: E402
from callscope.core.recording import MeasuredRecording  # noqa: E402
from callscope.core.transcript import Transcript, TranscriptEntry, TranscriptSource  # noqa: E402
from callscope.services.measuring import measure_recording  # noqa: E402
from callscope.web.pages import Pages  # noqa: E402
from callscope.web.router import install_pages  # noqa: E402
from callscope.web.sessions import SessionSigner  # noqa: E402
from tests.support.browser import chromium  # noqa: E402
from tests.support.built_calls import BuiltCall, build_analysis, build_call, build_tool  # noqa: E402
from tests.support.live_server import serving  # noqa: E402
from tests.support.memory_reader import MemoryReader  # noqa: E402

RECORDING = ROOT / "demo" / "recordings" / "double-charge.ogg"
PICTURE = ROOT / "docs" / "images" / "call.png"
MOMENT = "#t=58.5"
KEY = "rk_live_of_the_picture"


def demo_call(recording: Path, reader: MemoryReader) -> str:
    """Add the demo's call with that recording, measured; return its id."""
    (sent,) = [
        one for one in json.loads((ROOT / "demo" / "calls.json").read_text()) if one["recording"] == recording.name
    ]
    project_id = next(iter(reader.keys.values())).project_id
    transcript = Transcript(
        source=TranscriptSource.CUSTOMER_AGENT_REALTIME, entries=tuple(map(_entry, sent.get("transcript", ())))
    )
    tools = tuple(
        build_tool(
            one["name"],
            parameters=one["parameters"],
            result=one["result"],
            start_offset_ms=one["startOffsetMs"],
            end_offset_ms=one.get("endOffsetMs"),
        )
        for one in sent.get("toolInvocations", ())
    )
    measured = measure_recording(recording, transcript=transcript.entries, tools=tools)
    found = measured.analysis
    agent = CallAgent(
        id=new_id(),
        participant_id=new_id(),
        name=sent["agent"]["name"],
        custom_id=sent["agent"]["customId"],
        endpoint=None,
        prompt_id=None,
    )
    phone_number = sent["customer"]["phoneNumberE164"]
    call = build_call(
        project_id=project_id,
        agents=(agent,),
        customers=(CallCustomer(id=new_id(), phone_number_e164=phone_number, label=None),),
        properties=sent["properties"],
        duration_ms=found.duration_ms,
        external_id=sent["externalId"],
    )
    reader.add(
        BuiltCall(
            call=call,
            analysis=build_analysis(call),
            values=tuple(value for value in measured.values if value.context is MetricContext.CALL),
            recording=MeasuredRecording(
                probe=found.probe,
                duration_ms=found.duration_ms,
                channels=found.channels,
                report=found.report,
                reason=found.reason,
            ),
            has_audio=True,
            transcript=transcript if transcript.entries else None,
            conversation=measured.conversation,
            tools=tools,
        )
    )
    reader.peaks[call.id] = found.peaks
    reader.addresses[call.id] = f"/recordings/{recording.name}"
    return str(call.id)


def _entry(sent: dict[str, object]) -> TranscriptEntry:
    return TranscriptEntry(
        id=new_id(),
        role=Role(str(sent["role"]).lower()),
        participant_id=None,
        text=str(sent["text"]),
        start_offset_ms=int(str(sent["startOffsetMs"])),
        end_offset_ms=int(str(sent["endOffsetMs"])),
        language_code=None,
        payload=None,
    )


def build_site(reader: MemoryReader) -> FastAPI:
    """Return the pages over `reader`, with the demo's recordings to play."""
    app = FastAPI()
    install_pages(app, Pages(reader=reader, signer=SessionSigner(b"for one picture"), clock=SystemClock()))

    @app.get("/recordings/{name}")
    async def play(name: str) -> FileResponse:
        return FileResponse(RECORDING.parent / name)

    return app


async def take(url: str, address: str) -> None:
    """Sign in, open the call at its slowest response, and save what is on screen."""
    async with chromium() as browser:
        page = await browser.new_page(
            base_url=url,
            viewport={"width": 1280, "height": 880},
            color_scheme="light",
            reduced_motion="reduce",
            timezone_id="UTC",
        )
        await page.goto("/sign-in")
        await page.get_by_label("API key").fill(KEY)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/calls")
        await page.goto(f"{address}{MOMENT}")
        await page.wait_for_selector("html[data-call-ready]")
        await page.wait_for_load_state("networkidle")
        PICTURE.parent.mkdir(exist_ok=True)
        await page.screenshot(path=PICTURE)


def main() -> None:
    """Write the picture and say where."""
    reader = MemoryReader()
    reader.add_key(KEY, project_id=new_id())
    address = f"/calls/{demo_call(RECORDING, reader)}"
    with serving(build_site(reader)) as url:
        asyncio.run(take(url, address))
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} KiB\n")


if __name__ == "__main__":
    main()
