import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from callscope.cli.main import app

FILES = {"model.bin": b"weights", "config.json": b"{}", "tokenizer.json": b"[]"}


class _Hub(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.rsplit("/", maxsplit=1)[-1]
        siblings = [
            {
                "rfilename": file,
                "size": len(content),
                "blobId": "0",
                "lfs": {"sha256": hashlib.sha256(content).hexdigest()},
            }
            for file, content in FILES.items()
        ]
        body = FILES[name] if name in FILES else json.dumps({"sha": "abc", "siblings": siblings}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def hub_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hub) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLSCOPE_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["models", *words])
    return result.exit_code, result.output


def test_a_model_is_fetched_listed_and_verified(data_dir: Path, hub_url: str) -> None:
    assert "base       can be fetched" in run("list")[1]
    code, output = run("fetch", "base", "--hub", hub_url)
    assert code == 0
    assert "CALLSCOPE_STT_MODEL=base" in output
    assert "base       here" in run("list")[1]
    assert run("verify") == (0, "base: whole.\n")
    (data_dir / "models" / "base" / "model.bin").write_bytes(b"rotten!")
    code, output = run("verify", "base")
    assert code == 1
    assert "model.bin is not what was fetched" in output


@pytest.mark.parametrize("words", [("fetch", "nonsense"), ("verify", "nonsense")])
def test_an_unknown_name_is_told(data_dir: Path, words: tuple[str, ...]) -> None:
    code, output = run(*words)
    assert code == 1
    assert "no model called nonsense" in output
    assert not (data_dir / "models").exists()
