"""Install the Debian packages the tests use, or say plainly which are missing and what is skipped without them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED_FOR = {
    "chromium": ("/usr/bin/chromium", "the browser tests (tests/e2e)"),
    "espeak-ng": ("/usr/bin/espeak-ng", "generated speech of the accuracy and transcription tests"),
    "flite": ("/usr/bin/flite", "generated speech of the accuracy and transcription tests"),
    "libfaketime": ("/usr/share/doc/libfaketime", "the torture's jumping clocks (tests/crash/test_torture.py)"),
    "pocketsphinx-testdata": ("/usr/share/pocketsphinx/test/data", "human speech of the accuracy measurement"),
}
"""Package: a path it brings, and what cannot run without it."""


def missing_packages() -> list[str]:
    """Return the packages whose path is not there."""
    return [package for package, (path, _) in NEEDED_FOR.items() if not Path(path).exists()]


def main() -> None:
    """Install what is missing when that is possible; never fail, since the tests that need it skip with a reason."""
    missing = missing_packages()
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing Debian packages for the tests: {' '.join(missing)}", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "fonts-dejavu-core", *missing]
        subprocess.run(install, check=False, env=environment, stdout=subprocess.DEVNULL)
        missing = missing_packages()
    for package in missing:
        print(f"Missing Debian package {package}: skipping {NEEDED_FOR[package][1]}.", file=sys.stderr)
    if missing:
        print(f"To run them too: sudo apt-get install {' '.join(missing)}", file=sys.stderr)


if __name__ == "__main__":
    main()
