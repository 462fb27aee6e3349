"""Whether the service is healthy, alive and ready."""

from http import HTTPStatus

import orjson
from flask import Response
from marshmallow import fields

from app.core import cache, migrations
from app.core.db import read_rows
from app.core.fields import Schema, Text
from app.core.http.endpoint import Endpoints
from app.core.http.problems import RETRY_AFTER_SECONDS
from app.core.http.respond import JSON
from app.errors import Unavailable
from app.version import VERSION

api = Endpoints("health", __name__, description="For monitors and orchestrators.")
HEALTHY = {"status": "healthy", "service": "insights", "version": VERSION, "database_connected": True}
READY = {"status": "ready", "database": True, "migrations": True, "cache": True}


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


@api.endpoint(
    "GET", "/health", HealthAnswer, answer_example=HEALTHY, volatile=True, guarded=False, unavailable=HealthAnswer
)
def health() -> Response:
    """Health.

    503 while the database can't be reached.
    """
    connected = _database_connected()
    return _answer(
        connected,
        status="healthy" if connected else "unhealthy",
        service="insights",
        version=VERSION,
        database_connected=connected,
    )


@api.endpoint(
    "GET", "/livez", LivenessAnswer, answer_example={"status": "alive"}, volatile=True, guarded=False, database=False
)
def liveness() -> Response:
    """Whether the process is alive.

    Whatever the state of the servers it needs.
    """
    return _answer(True, status="alive")


@api.endpoint(
    "GET", "/readyz", ReadinessAnswer, answer_example=READY, volatile=True, guarded=False, unavailable=ReadinessAnswer
)
def readiness() -> Response:
    """Whether the service is ready.

    The database must answer and have this release's schema; the cache is optional.
    """
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
    if not well:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
