"""What FastAPI cannot see by itself: bodies that routes read themselves, and the permissions they ask for."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from callscope.api.authentication import Requires

SCHEMA_PATH = "#/components/schemas/{model}"
_documented: dict[str, type[BaseModel]] = {}


def documents_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route whose body is read by `JsonBody(model)`."""
    _documented[model.__name__] = model
    content = {"application/json": {"schema": {"$ref": SCHEMA_PATH.format(model=model.__name__)}}}
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the app's OpenAPI document, bodies and permissions included."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    bodies = [(model, "validation") for model in _documented.values()]
    _, schemas = models_json_schema(bodies, ref_template=SCHEMA_PATH)  # type: ignore[arg-type] # pairs of a literal mode
    document["components"]["schemas"].update(schemas.get("$defs", {}))
    for route in app.routes:
        if isinstance(route, APIRoute) and (permission := _permission_of(route)):
            for method in route.methods or ():
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    operation["x-permission"] = permission
                    note = f"Needs the permission `{permission}`."
                    operation["description"] = f"{operation.get('description', '')}\n\n{note}".strip()
    return document


def _permission_of(route: APIRoute) -> str | None:
    guards = (dependency.call for dependency in route.dependant.dependencies)
    return next((guard.permission for guard in guards if isinstance(guard, Requires)), None)
