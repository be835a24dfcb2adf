"""The files for containers name what there is."""

import re
from pathlib import Path

import pytest
import yaml

from callscope.boot.settings import Settings
from callscope.cli.main import build_app

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_named_there_exists(path: Path) -> None:
    named = set(re.findall(r"\bCALLSCOPE_([A-Z_]+)\b", path.read_text()))

    assert {name.lower() for name in named} <= Settings.model_fields.keys()


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml"])
def test_the_commands_named_there_exist(name: str) -> None:
    commands = re.findall(r"\[callscope, (\w+)", (DEPLOY / name).read_text())
    known = {info.name or info.callback.__name__ for info in _commands() if info.callback is not None or info.name}

    assert {"serve", "worker", "db"} & set(commands)
    assert set(commands) <= known | {"db"}


def _commands() -> list:  # type: ignore[type-arg] # Typer's own class is not public
    program = build_app()
    return [command for group in program.registered_groups for command in group.typer_instance.registered_commands]


def test_every_document_can_be_read() -> None:
    kinds = [document["kind"] for document in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())]
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    assert kinds.count("Deployment") == 2
    assert {"ScaledObject", "Job", "PodDisruptionBudget"} <= set(kinds)
    assert {"database", "objects", "migrate", "server", "worker"} == services.keys()
