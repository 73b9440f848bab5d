"""The OpenAPI document: what FastAPI cannot know of a route, or leaves out."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from final.core.errors import (
    BodyTooLarge,
    MalformedBody,
    Responses,
    TooManyAttempts,
    Unavailable,
    responses,
)
from final.core.http.middleware.write_limit import WRITES

# The document's own address: whatever host and prefix the app is reached under.
SERVERS = [{"url": "/", "description": "This service."}]
# The content of an answer that is no text.
BINARY = {"schema": {"type": "string", "format": "binary"}}
# As `openapi_extra` of a route whose caller need not say who it is.
TOKEN_OPTIONAL: dict[str, Any] = {"security": [{}]}

WITH_BODY = responses(MalformedBody, BodyTooLarge)
WRITING = responses(TooManyAttempts)
ALWAYS = responses(Unavailable)
# What answers without asking for anything that may be away.
INDEPENDENT = {"/", "/health", "/metrics"}


def complete_openapi(app: FastAPI) -> None:
    """Let an app describe also what stands around its routes."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        """Complete the description when it is first asked for."""
        if app.openapi_schema is None:
            complete_document(generate())
        return generate()

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it


def complete_document(document: dict[str, Any]) -> None:
    """Go through all that is described."""
    for path, method, operation in operations_of(document):
        complete_operation(path, method, operation)
    for model in document["components"]["schemas"].values():
        complete_model(model)


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Walk through the operations: path, method and description of each."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method.upper(), operation


def common_answers(path: str, method: str, operation: dict[str, Any]) -> Responses:
    """Return what any operation of this kind may answer before its route is asked."""
    answers = ALWAYS if path not in INDEPENDENT else {}
    if method in WRITES:
        answers = answers | WRITING
    return answers | WITH_BODY if "requestBody" in operation else answers


def complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    """Say who may call, and what is answered before the route is asked."""
    operation.setdefault("security", [])
    for status, answer in common_answers(path, method, operation).items():
        schema = {"$ref": f"#/components/schemas/{answer['model'].__name__}"}
        content = {"application/json": {"schema": schema, **answer["content"]["application/json"]}}
        operation["responses"].setdefault(
            str(status), {"description": answer["description"], "content": content}
        )
    operation["responses"] = dict(sorted(operation["responses"].items()))


def complete_model(model: dict[str, Any]) -> None:
    """Describe fields that may be null where clients look, and put nulls back into examples."""
    properties = model.get("properties", {})
    for field in properties.values():
        for kind in field.get("anyOf", []):
            for word in ("description", "examples"):
                if word in kind:
                    field.setdefault(word, kind.pop(word))
    missing = [name for name in model.get("required", []) if may_be_null(properties[name])]
    for example in model.get("examples", []):
        for name in missing:
            example.setdefault(name, None)


def may_be_null(field: dict[str, Any]) -> bool:
    """Tell whether a field may be null."""
    return {"type": "null"} in field.get("anyOf", [])
