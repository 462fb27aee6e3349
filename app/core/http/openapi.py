"""The OpenAPI document: what every route has in common, declared once."""

from collections.abc import Callable
from typing import Any, TypeVar

from apispec.ext.marshmallow import MarshmallowPlugin, common
from flask import Flask
from flask_smorest import Api
from marshmallow import fields

from app.core.fields import Schema, Text, Whole
from app.core.http.body import Blueprint
from app.core.http.problems import MEDIA_TYPE
from app.core.http.routing import IdConverter

View = TypeVar("View", bound=Callable[..., Any])

ETAG = {"ETag": {"description": "A strong validator.", "schema": {"type": "string"}}}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag (or the version in quotes) that the caller read; 412 when the stored version is another.",
    "schema": {"type": "string", "example": '"3"'},
}
PROBLEMS = {
    304: "Not modified since the given ETag.",
    400: "Refused: a duplicate, an unknown reference, or something still in use.",
    404: "There is no such thing.",
    412: "The stored version is another than the one in `If-Match`.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "One or more fields are wrong; all of them are named.",
    503: "The database can't be reached just now.",
}


class FieldProblem(Schema):
    """One wrong field."""

    loc = fields.List(fields.Raw(), required=True, metadata={"example": ["body", "title"]})
    pointer = Text(required=True, metadata={"example": "#/title"})
    message = Text(required=True, metadata={"example": "is required"})
    code = Text(required=True, metadata={"example": "required"})


class Problem(Schema):
    """Every error, in the form of RFC 9457."""

    type = Text(required=True, metadata={"example": "about:blank"})
    title = Text(required=True, metadata={"example": "Unprocessable Entity"})
    status = Whole(required=True, metadata={"example": 422})
    detail = Text(required=True, metadata={"example": "title: is required"})
    instance = Text(required=True, metadata={"example": "/insights"})
    request_id = Text(required=True)
    errors = fields.List(fields.Nested(FieldProblem))
    current_version = Whole()


def problems(blueprint: Blueprint, *statuses: int) -> Callable[[View], View]:
    """Declare the errors that a route answers; 503 belongs to every route that reads the database."""

    def declare(view: View) -> View:
        for status in (*statuses, 503):
            view = blueprint.alt_response(
                status, schema=Problem, content_type=MEDIA_TYPE, description=PROBLEMS[status], success=False
            )(view)
        return view

    return declare


def create_api(app: Flask, blueprints: tuple[Blueprint, ...], version: str) -> Api:
    """Register the API's routes and describe them at ``/openapi.json``."""
    app.config.update(
        API_TITLE="Insights",
        API_VERSION=version,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={"info": {"description": "The knowledge base an organisation trusts."}},
    )
    api = _Api(spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name)})
    api.init_app(app)
    api.register_converter(IdConverter, lambda converter: {"type": "integer"})
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
    return api


def _schema_name(schema: Any) -> str:
    """``TagSchema`` -> Tag; with every field optional, as in a PUT, TagChanges."""
    name = common.resolve_schema_cls(schema).__name__.removesuffix("Schema")
    return f"{name}Changes" if getattr(schema, "partial", None) else name


class _Api(Api):
    """smorest, less its error handlers: every error is answered by `app.core.http.problems`."""

    def _register_error_handlers(self) -> None:
        pass
