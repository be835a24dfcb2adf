"""The API reference as Markdown, from the OpenAPI description that the server itself serves."""

import re
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
Operations = list[tuple[str, str, Schema]]
"""Method, path and description of each."""

REFERENCE = re.compile(r"#/components/schemas/([^\"]+)")


def whole_page(document: Schema) -> str:
    """Return one page with every route: parameters, body fields, answers."""
    rows = [
        "# HTTP API\n",
        "Bearer keys, JSON, camelCase. The same description serves machines at `/openapi.json`.\n",
    ]
    operations = sorted(operations_of(document), key=lambda each: each[1])
    return "\n".join([*rows, *_sections(operations), *_schemas(document, set(document["components"]["schemas"]))])


def pages(document: Schema) -> dict[str, str]:
    """Return a page for each tag, by the tag's name in addresses: its routes and every schema they refer to."""
    by_tag: dict[str, Operations] = {}
    for operation in operations_of(document):
        by_tag.setdefault(operation[2].get("tags", ["other"])[0], []).append(operation)
    return {slug_of(tag): _tag_page(document, tag, operations) for tag, operations in by_tag.items()}


def slug_of(tag: str) -> str:
    """Return a tag as part of an address: `HTTP request definition` as `http-request-definition`."""
    return re.sub(r"[\W_]+", "-", tag.lower()).strip("-")


def operations_of(document: Schema) -> Operations:
    """Return every operation in the document's order."""
    return [
        (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def _tag_page(document: Schema, tag: str, operations: Operations) -> str:
    named = _named_by(document, [operation for _, _, operation in operations])
    return "\n".join([f"# {document['info']['title']}: {tag}\n", *_sections(operations), *_schemas(document, named)])


def _named_by(document: Schema, parts: list[Schema]) -> set[str]:
    """Return the names of all schemas that `parts` refer to, directly or through others."""
    named: set[str] = set()
    waiting = set(REFERENCE.findall(str(parts).replace("'", '"')))
    while waiting:
        name = waiting.pop()
        named.add(name)
        further = REFERENCE.findall(str(document["components"]["schemas"][name]).replace("'", '"'))
        waiting |= set(further) - named
    return named


def _sections(operations: Operations) -> Iterator[str]:
    for method, path, operation in operations:
        yield from operation_section(method, path, operation)


def _schemas(document: Schema, names: set[str]) -> Iterator[str]:
    yield "# Schemas\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        if name in names and "enum" in schema:
            yield from (f"## {name}\n", f"One of {type_name(schema)}.\n")
        elif name in names and "properties" in schema:
            yield from (f"## {name}\n", *fields_table(schema), "")


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
