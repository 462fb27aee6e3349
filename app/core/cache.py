"""The cache server (Valkey or Redis). Losing it loses nothing: it makes answers faster, never right."""

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError

from app.config import Settings

TIMEOUT_SECONDS = 0.5
_EXTENSION = "cache"


def connect(app: Flask, settings: Settings) -> None:
    """Give the application a client; nothing is sent before the first use."""
    if settings.redis_url:
        client = Redis.from_url(
            settings.redis_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        app.extensions[_EXTENSION] = client


def client(app: Flask) -> Redis | None:
    """The application's client; None when no cache is configured."""
    return app.extensions.get(_EXTENSION)


def reachable() -> bool:
    """Whether the cache server answers; False also when none is configured."""
    redis = client(current_app)
    try:
        return redis is not None and bool(redis.ping())
    except RedisError:
        return False
