"""What FastAPI cannot see by itself: bodies that routes read themselves, and the permissions they ask for."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from callscope.api.authentication import SECURITY_SCHEME, Requires, authenticated

SECURITY_NAME = "apiKey"
FRAMEWORK_DESCRIPTION = "Successful Response"
SCHEMA_PATH = "#/components/schemas/{model}"
_documented: dict[str, type[BaseModel]] = {}


def documents_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route whose body is read by `JsonBody(model)`."""
    _documented[model.__name__] = model
    content = {"application/json": {"schema": {"$ref": SCHEMA_PATH.format(model=model.__name__)}}}
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI, parts: Sequence[APIRouter]) -> dict[str, Any]:
    """Return the app's OpenAPI document, bodies and the permissions that the routes of `parts` ask for included."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    bodies = [(model, "validation") for model in _documented.values()]
    _, schemas = models_json_schema(bodies, ref_template=SCHEMA_PATH)  # type: ignore[arg-type] # pairs of a literal mode
    document["components"]["schemas"].update(schemas.get("$defs", {}))
    _remove_defaults(document)
    _describe_success(document)
    document["components"]["securitySchemes"] = {SECURITY_NAME: SECURITY_SCHEME}
    for route in (route for part in parts for route in part.routes):
        if isinstance(route, APIRoute):
            for method in route.methods or ():
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    _guard(operation, route)
    return document


def _remove_defaults(document: dict[str, Any]) -> None:
    """Remove the framework's own answer to bad parameters, which this API never gives: they are a 400."""
    for operation in (operation for operations in document["paths"].values() for operation in operations.values()):
        operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _describe_success(document: dict[str, Any]) -> None:
    """Say of each answer what it holds, in the words of its model, where the framework only says that it succeeded."""
    for operation in (operation for operations in document["paths"].values() for operation in operations.values()):
        for response in operation["responses"].values():
            if response.get("description") == FRAMEWORK_DESCRIPTION:
                response["description"] = _what_it_holds(response, document["components"]["schemas"])


def _what_it_holds(response: dict[str, Any], schemas: dict[str, Any]) -> str:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    envelope = _resolve((schema.get("anyOf") or [schema])[0], schemas)
    data = envelope.get("properties", {}).get("data", {})
    if "items" in data:
        return f"A list. Each item: {_description_of(data['items'], schemas)}"
    return _description_of(data or envelope, schemas)


def _description_of(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    # Of several shapes the last one named is the one that the others refine.
    shape = (schema.get("anyOf") or [schema])[-1]
    description = str(_resolve(shape, schemas).get("description", "Done."))
    return description.partition("\n\n")[0].replace("\n", " ")


def _resolve(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return dict(found)


def _guard(operation: dict[str, Any], route: APIRoute) -> None:
    guards = [dependency.call for dependency in route.dependant.dependencies]
    permission = next((guard.permission for guard in guards if isinstance(guard, Requires)), None)
    if permission is None and authenticated not in guards:
        return
    operation["security"] = [{SECURITY_NAME: []}]
    need = f"Needs the permission `{permission}`." if permission else "Any key will do."
    operation["description"] = f"{operation.get('description', '')}\n\n{need}".strip()
    if permission:
        operation["x-permission"] = permission
