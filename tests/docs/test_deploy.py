"""The files for containers name what there is."""

import re
from pathlib import Path
from typing import Any

import psycopg
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


def documents() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def test_what_documents_of_kubernetes_refer_to_is_there() -> None:
    found = {(document["kind"], document["metadata"]["name"]): document for document in documents()}
    pods = {name: document["spec"]["template"] for (kind, name), document in found.items() if kind == "Deployment"}

    for (kind, name), document in found.items():
        if kind == "Deployment":
            labels = pods[name]["metadata"]["labels"]
            assert document["spec"]["selector"]["matchLabels"].items() <= labels.items()
            (container,) = pods[name]["spec"]["containers"]
            assert {"requests", "limits"} <= container["resources"].keys()
            ports = {port["name"] for port in container.get("ports", ())}
            for probe in ("readinessProbe", "livenessProbe"):
                for action in container.get(probe, {}).values():
                    assert not isinstance(action, dict) or action["port"] in ports
    assert (
        found["Service", "callscope"]["spec"]["selector"].items()
        <= pods["callscope-server"]["metadata"]["labels"].items()
    )
    scaled = found["ScaledObject", "callscope-worker"]["spec"]["scaleTargetRef"]["name"]
    assert scaled in pods
    given = {variable["name"] for variable in pods[scaled]["spec"]["containers"][0]["env"]}
    assert found["ScaledObject", "callscope-worker"]["spec"]["triggers"][0]["metadata"]["connectionFromEnv"] in given


def test_the_number_of_workers_is_told_by_a_query_that_runs(database_url: str) -> None:
    (scaled,) = [document for document in documents() if document["kind"] == "ScaledObject"]

    with psycopg.connect(database_url) as connection:
        row = connection.execute(scaled["spec"]["triggers"][0]["metadata"]["query"]).fetchone()

    assert row == (0,)


def test_what_services_of_compose_refer_to_is_there() -> None:
    described = compose()
    conditions = {"service_started", "service_healthy", "service_completed_successfully"}

    for service in described["services"].values():
        for other, how in service.get("depends_on", {}).items():
            assert other in described["services"]
            assert how["condition"] in conditions
            assert how["condition"] != "service_healthy" or "healthcheck" in described["services"][other]
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} <= described["volumes"].keys()
        assert {config["source"] for config in service.get("configs", ())} <= described["configs"].keys()
        if "build" in service:
            context = DEPLOY / service["build"]["context"]
            assert (context / service["build"]["dockerfile"]).is_file()


def test_every_document_can_be_read() -> None:
    kinds = [document["kind"] for document in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())]
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    assert kinds.count("Deployment") == 2
    assert {"ScaledObject", "Job", "PodDisruptionBudget"} <= set(kinds)
    assert {"database", "objects", "migrate", "server", "worker"} == services.keys()
