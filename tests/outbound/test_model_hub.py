import hashlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from callscope.outbound.model_hub import ModelHub, ModelNotFetched

WEIGHTS = b"weights" * 1000
CONFIG = b"{}"
COMMIT = "c0ffee"


def git_blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 - what Git uses


def listing() -> dict[str, object]:
    weights = {"rfilename": "model.bin", "size": len(WEIGHTS), "blobId": "0" * 40}
    return {
        "sha": COMMIT,
        "siblings": [
            weights | {"lfs": {"sha256": hashlib.sha256(WEIGHTS).hexdigest()}},
            {"rfilename": "config.json", "size": len(CONFIG), "blobId": git_blob(CONFIG)},
            {"rfilename": "README.md", "size": 10, "blobId": "1" * 40},
        ],
    }


def hub(answers: dict[str, httpx.Response]) -> ModelHub:
    handler: Callable[[httpx.Request], httpx.Response] = lambda request: answers.get(  # noqa: E731 - one expression
        request.url.path, httpx.Response(404)
    )
    return ModelHub(httpx.Client(transport=httpx.MockTransport(handler)), "https://hub.example/")


def answers(*, weights: bytes = WEIGHTS, config: bytes = CONFIG) -> dict[str, httpx.Response]:
    return {
        "/api/models/owner/base/revision/main": httpx.Response(200, json=listing()),
        f"/owner/base/resolve/{COMMIT}/model.bin": httpx.Response(200, content=weights),
        f"/owner/base/resolve/{COMMIT}/config.json": httpx.Response(200, content=config),
    }


def test_a_model_is_fetched_whole_with_progress(tmp_path: Path) -> None:
    source, done = hub(answers()), list[int]()
    model = source.describe("owner/base")
    assert model.size_bytes == len(WEIGHTS) + len(CONFIG) == 7002
    hashes = source.fetch(model, tmp_path / "base", done.append)
    assert (tmp_path / "base" / "model.bin").read_bytes() == WEIGHTS
    assert sorted(path.name for path in (tmp_path / "base").iterdir()) == ["config.json", "model.bin"]
    assert hashes["config.json"] == hashlib.sha256(CONFIG).hexdigest()
    assert sum(done) == model.size_bytes


@pytest.mark.parametrize(
    ("weights", "config"), [(WEIGHTS[:-1], CONFIG), (b"x" * len(WEIGHTS), CONFIG), (WEIGHTS, b"[]")]
)
def test_a_file_that_is_not_what_the_hub_lists_is_not_kept(tmp_path: Path, weights: bytes, config: bytes) -> None:
    source = hub(answers(weights=weights, config=config))
    with pytest.raises(ModelNotFetched, match="not what the hub lists"):
        source.fetch(source.describe("owner/base"), tmp_path, lambda _: None)
    assert not list(tmp_path.glob("*.partial"))
    assert not ((tmp_path / "model.bin").exists() and (tmp_path / "config.json").exists())


def test_an_unknown_model_is_told() -> None:
    with pytest.raises(ModelNotFetched, match=r"owner/none could not be looked up at https://hub\.example"):
        hub({}).describe("owner/none")


def test_a_server_that_is_no_hub_is_told() -> None:
    strange = {"/api/models/owner/base/revision/main": httpx.Response(200, json={"hello": 1})}
    with pytest.raises(ModelNotFetched, match="does not answer like a model hub"):
        hub(strange).describe("owner/base")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    given = answers()
    del given[f"/owner/base/resolve/{COMMIT}/config.json"]
    source = hub(given)
    with pytest.raises(ModelNotFetched, match=r"config\.json could not be downloaded"):
        source.fetch(source.describe("owner/base"), tmp_path, lambda _: None)
