"""The routes of GraphQL as OpenAPI describes them. What operations may say is the schema's matter."""

from typing import Any

from app.core.http.endpoint import PROBLEMS
from app.core.http.respond import JSON
from app.graphql_api.http import RESPONSE

EXAMPLE = "{ insights(limit: 1) { id title } }"
DIGEST = {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}
KEPT = {
    "type": "object",
    "properties": {"version": {"const": 1}, "sha256Hash": DIGEST},
    "required": ["version", "sha256Hash"],
    "description": "The hash of a text that is kept, or, with `query`, of one to keep.",
}
EXTENSIONS = {"type": ["object", "null"], "properties": {"persistedQuery": KEPT}}
OPERATION = {
    "type": "object",
    "properties": {
        "query": {"type": ["string", "null"], "description": "A document; or `documentId` says which one."},
        "documentId": {"type": ["string", "null"], "description": "The name of a kept one, or `sha256:` and its hash."},
        "variables": {"type": ["object", "null"]},
        "operationName": {"type": ["string", "null"]},
        "extensions": EXTENSIONS,
    },
    "example": {"query": EXAMPLE},
}
ERRORS = {
    "type": "object",
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "extensions": {
                        "type": "object",
                        "properties": {
                            "path": {"type": "string", "description": "Where in the request, as JSONPath."},
                            "code": {"type": "string"},
                            "limit": {"type": "object", "description": "The limit that is passed, by its name."},
                        },
                        "required": ["path", "code"],
                    },
                },
                "required": ["message", "extensions"],
            },
        }
    },
    "required": ["errors"],
}
DATA = {
    "type": "object",
    "properties": {
        "data": {"type": "object"},
        "extensions": {
            "type": "object",
            "properties": {"cost": {"type": "integer", "description": "Rows that may be touched, as estimated."}},
            "required": ["cost"],
        },
    },
    "required": ["data", "extensions"],
}
ANSWER = {"oneOf": [DATA, ERRORS]}
DATA_EXAMPLE = {"data": {"insights": [{"id": 1, "title": "Retry with jitter"}]}, "extensions": {"cost": 1}}
WRONG = {
    400: "The body is no JSON; or any error of an operation, for those who read `application/graphql-response+json`.",
    405: "A query was sent by GET.",
    504: "The operation takes too long, for those who read `application/graphql-response+json`.",
}
EVERYBODY = (400, 401, 403, 503, 504)


def _answer(schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": schema, **more} for kind in (JSON, RESPONSE)}}


def _errors(*statuses: int) -> dict[int, Any]:
    said = {status: WRONG[status] if status in WRONG else PROBLEMS[status][0] for status in statuses}
    return {status: _answer(ERRORS, description) for status, description in said.items()}


def _by_get(name: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {"in": "query", "name": name, "description": description, **more, "schema": schema}


ASKED_BY_POST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {"oneOf": [OPERATION, {"type": "array", "items": OPERATION, "minItems": 1}]},
                "example": {"query": EXAMPLE},
            }
        },
    },
    "responses": {
        200: _answer(
            {"oneOf": [*ANSWER["oneOf"], {"type": "array", "items": ANSWER}]},
            "Data, or what is wrong with the operation; of a batch an array in the same order.",
            example=DATA_EXAMPLE,
        ),
        **_errors(*EVERYBODY, 413, 415),
    },
}
ASKED_BY_GET: dict[str, Any] = {
    "parameters": [
        _by_get("documentId", {"type": "string"}, "The name of a kept operation, or `sha256:` and its hash."),
        _by_get("variables", {"type": "string"}, "A JSON object.", example="{}"),
        _by_get("operationName", {"type": "string"}, "Of several operations the one that is meant."),
        _by_get("extensions", {"type": "string"}, "A JSON object with `persistedQuery`, in place of `documentId`."),
    ],
    "responses": {
        200: {
            **_answer(ANSWER, "Data, or what is wrong with the operation.", example=DATA_EXAMPLE),
            "headers": {"ETag": {"description": "Of data: a strong validator.", "schema": {"type": "string"}}},
        },
        304: {"description": "Not modified since the ETag in `If-None-Match`."},
        **_errors(*EVERYBODY, 405),
    },
}
