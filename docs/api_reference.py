"""The API reference as Markdown, from the OpenAPI description that the server itself serves."""

from typing import Any

from callscope.boot.app import openapi_document

Schema = dict[str, Any]


def api_page() -> str:
    """Return one page with every route: parameters, body fields, answers."""
    document = openapi_document()
    schemas: dict[str, Schema] = document["components"]["schemas"]
    rows = [
        "# HTTP API\n",
        "Bearer keys, JSON, camelCase. The same description serves machines at `/openapi.json`.\n",
    ]
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            rows += operation_section(method, path, operation)
    rows.append("# Schemas\n")
    for name, schema in sorted(schemas.items()):
        if "properties" in schema:
            rows += [f"## {name}\n", *fields_table(schema), ""]
    return "\n".join(rows)


def operation_section(method: str, path: str, operation: Schema) -> list[str]:
    """Return the section of one operation."""
    rows = [f"## `{method.upper()} {path}`\n", operation.get("description") or operation.get("summary", ""), ""]
    if parameters := operation.get("parameters"):
        rows += ["| parameter | in | type | meaning |", "| --- | --- | --- | --- |"]
        for parameter in parameters:
            meaning = cell(parameter.get("description", ""))
            rows.append(f"| `{parameter['name']}` | {parameter['in']} | {type_name(parameter['schema'])} | {meaning} |")
        rows.append("")
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        rows.append(f"Body ({media_type}): {type_name(content.get('schema', {}))}\n")
    rows += ["| status | meaning | body |", "| --- | --- | --- |"]
    for status, answer in operation["responses"].items():
        bodies = ", ".join(type_name(c.get("schema", {})) for c in answer.get("content", {}).values()) or "none"
        rows.append(f"| {status} | {cell(answer.get('description', ''))} | {bodies} |")
    return [*rows, ""]


def fields_table(schema: Schema) -> list[str]:
    """Return the table of an object's fields."""
    required = set(schema.get("required", ()))
    rows = ["| field | type | required | meaning |", "| --- | --- | --- | --- |"]
    for name, field in schema["properties"].items():
        need = "yes" if name in required else "no"
        rows.append(f"| `{name}` | {type_name(field)} | {need} | {cell(field.get('description', ''))} |")
    return rows


def type_name(schema: Schema) -> str:
    """Return a schema's type in a few words, with a link where it has a section of its own."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(type_name(choice) for choice in choices)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_name(schema.get('items', {}))}"
    kind = str(schema.get("type", "any"))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def cell(text: str) -> str:
    """Return text that stays inside one table cell."""
    return " ".join(text.split()).replace("|", "\\|")
