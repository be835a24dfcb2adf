"""Pin every dependency with hashes: `test.txt` holds all, `runtime.txt` what `make demo` needs, both alike.

`integrations.txt` is an environment of its own: the agent frameworks need other versions of what Callscope uses.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent


HEAVY_AND_UNUSED = ("llvmlite", "numba", "resampy", "onnxruntime", "flatbuffers")
"""Frameworks ask for these for voice activity and resampling by networks, which scripted agents do without."""


def compile_lock(name: str, *arguments: str) -> None:
    """Resolve what is named into `name` beside this file. Addresses are left out: a mirror serves the same hashes."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--generate-hashes"),
        *("--universal", "--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links"),
        *("--custom-compile-command", "make lock", "--output-file", str(HERE / name), *arguments),
    ]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - fixed words and this repository's own paths


if __name__ == "__main__":
    groups = [word for group in ("build", "demo", "dev", "bench", "lock") for word in ("--group", group)]
    compile_lock("test.txt", "pyproject.toml", *groups)
    runtime = ("--group", "build", "--group", "demo", "--constraint", str(HERE / "test.txt"))
    compile_lock("runtime.txt", "pyproject.toml", *runtime)
    left_out = [word for name in HEAVY_AND_UNUSED for word in ("--no-emit-package", name)]
    compile_lock("integrations.txt", "--group", "pyproject.toml:integrations", *left_out)
