"""How many requests a caller may make (``INSIGHTS_RATE_LIMIT_PER_TOKEN``, ``INSIGHTS_RATE_LIMIT_PER_IP``).

Counted in the cache, for all workers together, in a sliding window. Without the cache nobody is limited: a
service that answers nobody would be no safer.

With the library that flask-limiter is made of. The extension leaves requests for unknown addresses uncounted, rounds
``Retry-After`` down, and asks a cache that is away again with each request.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, g, request
from redis import Redis
from redis.exceptions import RedisError

from app.config import Settings
from app.core import cache
from app.core.addresses import network_of
from app.core.http.proxies import address_of
from app.core.telemetry import PROBES
from app.errors import TooMany

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import RateLimiter

Caller = Callable[[], str | None]

PAUSE_SECONDS = 5.0  # how long a cache that failed is left alone
WARN_SECONDS = 60.0

log = structlog.get_logger(__name__)


def limit(app: Flask, settings: Settings, caller: Caller) -> None:
    """Refuse (429) what goes beyond the limits; does nothing when none is set.

    ``caller`` names who sent the request by its credentials ("token:12"), None for the anonymous and for those whose
    credentials are no good: they are counted by address. It must not raise.
    """
    if settings.rate_limit_per_token or settings.rate_limit_per_ip:
        client = cache.client(app)
        if client is None:
            log.warning("rate limits are off: there is no cache", hint="set REDIS_URL")
        else:
            limits = _limits(settings, client, caller)
            app.before_request(limits.count)
            app.after_request(_tell)


def _limits(settings: Settings, client: Redis, caller: Caller) -> "Limits":
    from limits import parse
    from limits.storage import RedisStorage
    from limits.strategies import SlidingWindowCounterRateLimiter

    storage = RedisStorage("redis://", connection_pool=client.connection_pool, key_prefix="insights:limits")
    rates = (settings.rate_limit_per_token, settings.rate_limit_per_ip)
    per_token, per_ip = (parse(rate) if rate else None for rate in rates)
    return Limits(SlidingWindowCounterRateLimiter(storage), caller, per_token, per_ip)


@dataclass
class Limits:
    """The limits of one process' requests; those of the others are counted in the same place."""

    limiter: "RateLimiter"
    caller: Caller
    per_token: "RateLimitItem | None"
    per_ip: "RateLimitItem | None"
    resume: float = field(default=0.0, init=False)
    warn: float = field(default=0.0, init=False)

    def count(self) -> None:
        """Count this request. Raises `TooMany`."""
        if _exempt() or time.monotonic() < self.resume:
            return
        caller = self.caller()
        kind, rate = ("token", self.per_token) if caller else ("ip", self.per_ip)
        if rate is not None:
            self._count(kind, rate, caller or _network_of_client())

    def _count(self, kind: str, rate: "RateLimitItem", key: str) -> None:
        try:
            allowed = self.limiter.hit(rate, key)
            window = self.limiter.get_window_stats(rate, key)
        except RedisError as error:
            self._leave_alone(error)
            return
        seconds = max(ceil(window.reset_time - time.time()), 1)
        if allowed and window.remaining == rate.amount - 1:
            seconds = rate.get_expiry()  # in the first millisecond of a window the library says 0
        g.quota = Quota(kind, rate, window.remaining, seconds)
        if not allowed:
            detail = f"At most {rate.amount} requests per {rate.GRANULARITY.name} are answered."
            raise TooMany(detail, retry_after=seconds)

    def _leave_alone(self, error: RedisError) -> None:
        now = time.monotonic()
        self.resume = now + PAUSE_SECONDS
        if now >= self.warn:
            self.warn = now + WARN_SECONDS
            log.warning("rate limits are off: the cache can't be reached", error=str(error))


@dataclass(frozen=True)
class Quota:
    """What a caller has left after this request, and the seconds until there is more."""

    kind: str
    rate: "RateLimitItem"
    remaining: int
    seconds: int


def _exempt() -> bool:
    """Monitors, the files of pages, and a browser's question whether it may ask."""
    return request.path in PROBES or request.endpoint == "static" or request.method == "OPTIONS"


def _network_of_client() -> str:
    address = address_of(request.remote_addr or "")
    return f"ip:{network_of(address) if address else None}"


def _tell(response: Response) -> Response:
    quota: Quota | None = g.pop("quota", None)
    if quota is not None:
        rate, headers = quota.rate, response.headers
        headers["RateLimit-Limit"] = str(rate.amount)
        headers["RateLimit-Remaining"] = str(quota.remaining)
        headers["RateLimit-Reset"] = str(quota.seconds)
        headers["RateLimit-Policy"] = f'"{quota.kind}";q={rate.amount};w={rate.get_expiry()}'
    return response
