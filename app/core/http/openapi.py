"""The OpenAPI 3.1 document at ``/openapi.json``."""

from threading import Lock
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin, common
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask, Response
from flask_smorest import Api

from app.core.http.endpoint import Endpoints
from app.core.http.routing import IdConverter
from app.version import VERSION

DESCRIPTION = "The knowledge base an organisation trusts with what it has learned."


SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API token (`ins_...`) or a JWT."},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API token."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-insights",
        "description": "A signed-in person; changes also need the header `X-CSRF-Token`.",
    },
}


def create_api(app: Flask, blueprints: tuple[Endpoints, ...]) -> None:
    """Register the API's routes and describe them."""
    app.config.update(
        API_TITLE="Insights",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": DESCRIPTION},
            "components": {"securitySchemes": SECURITY_SCHEMES},
            # Whichever one has; routes that are open to everybody say so themselves.
            "security": [{name: []} for name in SECURITY_SCHEMES],
        },
    )
    api = _Api(spec_kwargs={"marshmallow_plugin": _Plugin(schema_name_resolver=_schema_name)})
    api.init_app(app)
    api.register_converter(IdConverter, lambda _: {"type": "integer"})
    for blueprint in blueprints:
        api.register_blueprint(blueprint)


def _schema_name(schema: Any) -> str:
    """``TagSchema`` -> Tag; with every field optional, as in a PUT, TagChanges."""
    name = type(common.resolve_schema_instance(schema)).__name__.removesuffix("Schema")
    return f"{name}Changes" if getattr(schema, "partial", None) else name


class _Converter(OpenAPIConverter):
    """Describes also what a schema asks of its fields together: its ``composition``, in the terms of JSON Schema."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        described: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        return described | getattr(schema, "composition", {})


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


class _Api(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """smorest, less its error handlers: every error is answered by `app.core.http.problems`.

    Routes are described when somebody asks for the document, once: that takes most of what smorest does at a start.
    """

    DEFAULT_ERROR_RESPONSE_NAME = None  # every route declares its errors; a catch-all would hide one that is missing

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._undescribed: list[Endpoints] = []
        self._describing = Lock()

    def register_blueprint(self, blp: Endpoints) -> None:
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undescribed.append(blp)

    def _openapi_json(self) -> Response:
        with self._describing:
            while self._undescribed:
                blueprint = self._undescribed.pop(0)
                blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
                self.spec.tag({"name": blueprint.name, "description": blueprint.description})
        answer: Response = super()._openapi_json()
        return answer

    def _register_error_handlers(self) -> None:
        pass
