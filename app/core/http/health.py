"""Whether the service is healthy, alive and ready."""

from http import HTTPStatus

import orjson
from flask import Response
from marshmallow import fields

from app.core import cache, migrations
from app.core.db import read_rows
from app.core.fields import Schema, Text
from app.core.http.body import Blueprint
from app.core.http.respond import JSON
from app.errors import Unavailable
from app.version import VERSION

blueprint = Blueprint("health", __name__, description="For monitors and orchestrators.")


class HealthAnswer(Schema):
    """The documented health answer."""

    status = Text(required=True, metadata={"enum": ["healthy", "unhealthy"]})
    service = Text(required=True, metadata={"example": "insights"})
    version = Text(required=True, metadata={"example": VERSION})
    database_connected = fields.Boolean(required=True)


class LivenessAnswer(Schema):
    """The process answers."""

    status = Text(required=True, metadata={"example": "alive"})


class ReadinessAnswer(Schema):
    """What the service needs, and the cache that it can do without."""

    status = Text(required=True, metadata={"enum": ["ready", "not ready"]})
    database = fields.Boolean(required=True)
    migrations = fields.Boolean(required=True)
    cache = fields.Boolean(required=True)


@blueprint.route("/health", methods=["GET"])
@blueprint.response(200, HealthAnswer)
@blueprint.alt_response(503, schema=HealthAnswer, description="The database can't be reached.")
def health() -> Response:
    """Health: 503 while the database can't be reached."""
    connected = _database_connected()
    return _answer(
        connected,
        status="healthy" if connected else "unhealthy",
        service="insights",
        version=VERSION,
        database_connected=connected,
    )


@blueprint.route("/livez", methods=["GET"])
@blueprint.response(200, LivenessAnswer)
def liveness() -> Response:
    """The process is alive, whatever the state of its servers."""
    return _answer(True, status="alive")


@blueprint.route("/readyz", methods=["GET"])
@blueprint.response(200, ReadinessAnswer)
@blueprint.alt_response(503, schema=ReadinessAnswer, description="Not ready to serve.")
def readiness() -> Response:
    """Ready: the database answers and has this release's schema. The cache is optional."""
    connected = _database_connected()
    migrated = connected and migrations.current() == migrations.head()
    return _answer(
        migrated,
        status="ready" if migrated else "not ready",
        database=connected,
        migrations=migrated,
        cache=cache.reachable(),
    )


def _database_connected() -> bool:
    try:
        return bool(read_rows("SELECT 1"))
    except Unavailable:
        return False


def _answer(well: bool, **members: object) -> Response:
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    response = Response(orjson.dumps(members), status, content_type=JSON)
    response.cache_control.no_store = True
    return response
