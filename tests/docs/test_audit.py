"""`make audit`: the pinned dependencies are asked about one by one, and what is known of one fails the audit."""

import asyncio
import json
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path

import av

from tests.support.recording_server import RecordingServer, Reply, SeenRequest, running_recording_server

ROOT = Path(__file__).parents[2]
PINS = dict(re.findall(r"^([\w.-]+)==[^ ;]+( ;)?", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE))
EVERYWHERE = {name for name, condition in PINS.items() if not condition}
"""The rest are for other systems, and are asked about there."""
FAULT = {
    "id": "PYSEC-0000-1",
    "summary": "Headers may be split.",
    "affected": [{"package": {"name": "httpx", "ecosystem": "PyPI"}, "ranges": []}],
}


def advisories(server: RecordingServer, faults: dict[str, object], *, reply: Reply | None = None) -> str:
    """Serve a database that knows `faults` by package, or gives one reply to all; return its address."""

    def answer(request: SeenRequest) -> Reply:
        fault = faults.get(json.loads(request.body)["package"]["name"])
        return Reply(body=json.dumps({"vulns": [fault]} if fault else {}).encode())

    return server.serve("/v1/query", reply or answer)


async def audit(url: str, folder: Path, *, newer: str = "httpx-99.0-py3-none-any.whl") -> tuple[int | None, str]:
    """Run the audit beside a package registry that has one newer release of one package, or nothing."""
    releases = folder / "releases"
    releases.mkdir()
    if newer:
        (releases / newer).touch()
    registry = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(releases)}
    program = (sys.executable, ROOT / "requirements" / "audit.py", "--advisories", url, "--out", folder)
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    auditing = await asyncio.create_subprocess_exec(*program, **pipes, env=registry)
    printed, _ = await auditing.communicate()
    return auditing.returncode, printed.decode()


async def test_nothing_known_passes_and_every_pinned_package_was_asked_about(tmp_path: Path) -> None:
    async with running_recording_server() as server:
        exit_code, printed = await audit(advisories(server, {}), tmp_path)

        assert exit_code == 0, printed
        asked = {json.loads(request.body)["package"]["name"] for request in server.requests}
    assert EVERYWHERE <= asked <= set(PINS)
    components = json.loads((tmp_path / "sbom.cdx.json").read_text())["components"]
    assert {component["name"] for component in components} == {*PINS, "FFmpeg", "PostgreSQL", "OpenSSL"}
    rows = (tmp_path / "licences.md").read_text().splitlines()[2:]
    assert {row.split(" | ")[0].removeprefix("| ").split(",")[0] for row in rows} == {
        component["name"] for component in components
    }


async def test_programs_inside_packages_are_named_as_scanners_know_them(tmp_path: Path) -> None:
    async with running_recording_server() as server:
        _, printed = await audit(advisories(server, {}), tmp_path)

    components = json.loads((tmp_path / "sbom.cdx.json").read_text())["components"]
    names = {component["name"]: component["cpe"] for component in components if "cpe" in component}
    assert names["FFmpeg"] == f"cpe:2.3:a:ffmpeg:ffmpeg:{av.ffmpeg_version_info}:*:*:*:*:*:*:*"
    assert re.fullmatch(r"cpe:2\.3:a:postgresql:postgresql:\d+\.\d+:.*", names["PostgreSQL"])
    assert f"FFmpeg {av.ffmpeg_version_info}" in printed
    assert f"Pins with a newer release: httpx {version('httpx')} (99.0)." in printed


async def test_an_advisory_is_named_and_fails_the_audit(tmp_path: Path) -> None:
    async with running_recording_server() as server:
        exit_code, printed = await audit(advisories(server, {"httpx": FAULT}), tmp_path)

    assert exit_code == 1
    assert "PYSEC-0000-1" in printed


async def test_a_database_out_of_reach_is_no_pass(tmp_path: Path) -> None:
    async with running_recording_server() as server:
        exit_code, printed = await audit(advisories(server, {}, reply=Reply(status=503)), tmp_path, newer="")

    assert exit_code == 2
    assert "NOT SCANNED" in printed
    assert "NOT KNOWN which pins have a newer release" in printed
