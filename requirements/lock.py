"""Pin every dependency with hashes: `test.txt` holds all, `runtime.txt` what `make demo` needs, both alike."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent


def compile_lock(name: str, *arguments: str) -> None:
    """Resolve pyproject.toml into `name` beside this file. Addresses are left out: a mirror serves the same hashes."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--generate-hashes"),
        *("--universal", "--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"),
        *("--custom-compile-command", "make lock", "--output-file", str(HERE / name), *arguments),
    ]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - fixed words and this repository's own paths


if __name__ == "__main__":
    groups = [word for group in ("build", "demo", "dev", "bench", "lock") for word in ("--group", group)]
    compile_lock("test.txt", *groups)
    compile_lock("runtime.txt", "--group", "build", "--group", "demo", "--constraint", str(HERE / "test.txt"))
