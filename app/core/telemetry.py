"""What operators see: request ids, structured logs and the Prometheus counters of this process."""

import logging
import os
import re
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

import orjson
import structlog
from flask import Flask, Request, Response, current_app, g, request
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector
from prometheus_flask_exporter import NO_PREFIX, PrometheusMetrics
from structlog.dev import plain_traceback

from app.config import Settings
from app.core.reading import statement_read
from app.core.redaction import Redacting, redact, redacted

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.4, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
PROBES = frozenset({"/health", "/livez", "/readyz", "/metrics"})
VARIABLE = re.compile(r"<(?:[^<>]*:)?([^<>:]+)>")
MEASURED = "http_request_duration_seconds"
_EXTENSION = "request_metrics"
REDACTING = Redacting()  # one: a logger takes the same filter once


log = structlog.get_logger("http")


def configure_logging(settings: Settings) -> None:
    """JSON lines for machines, colours for a terminal in dev; both carry the request id."""
    as_json = settings.log_format == "json" or (settings.log_format is None and settings.guarded)
    console = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain_traceback)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(serializer=orjson.dumps) if as_json else console
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level.upper())),
        logger_factory=structlog.BytesLoggerFactory() if as_json else structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )


def echo_reads(settings: Settings) -> None:
    """``SQL_ECHO`` shows every statement; those that read do not pass the engine, which shows its own."""
    if settings.sql_echo:
        statement_read.connect(_echo)
        logging.getLogger("sqlalchemy.engine.Engine").addFilter(REDACTING)


def _echo(engine: object, statement: str, parameters: object) -> None:
    log.info("statement", sql=statement, parameters=str(redacted(parameters)))


def observe(app: Flask) -> None:
    """Give each request an id and a log line, and measure it per method and endpoint template."""
    app.before_request(_begin)
    app.after_request(_end)
    # A registry of its own: in a shared one the exporter would measure the first application of a process only.
    registry = app.extensions[_EXTENSION] = CollectorRegistry()
    PrometheusMetrics(app, path=None, group_by=endpoint, defaults_prefix=NO_PREFIX, buckets=BUCKETS, registry=registry)


def endpoint(request: Request) -> str:
    """The template of the matched route: bounded, whatever addresses are tried."""
    return endpoint_of(request.url_rule.rule) if request.url_rule else "unmatched"


@cache
def endpoint_of(rule: str) -> str:
    """``/tags/<id("tag_id"):tag_id>`` -> ``/tags/{tag_id}``."""
    return VARIABLE.sub(r"{\1}", rule)


def _begin() -> None:
    offered = request.headers.get("X-Request-ID", "")
    g.request_id = offered if REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
    g.started = time.perf_counter()
    if request.method not in METHODS:
        request.prom_do_not_track = True  # type: ignore[attr-defined]  # else every invented word would be a label
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" not in g:
        return response
    response.headers["X-Request-ID"] = g.request_id
    milliseconds = round((time.perf_counter() - g.started) * 1000, 1)
    # Monitors ask every few seconds; their requests are worth a line only to somebody who looks for it.
    write = log.debug if request.path in PROBES else log.info
    write("request", method=request.method, path=request.path, status=response.status_code, milliseconds=milliseconds)
    return response


class RequestMetrics(Collector):
    """What the exporter measured over all workers, under the names that the dashboards know."""

    def collect(self) -> Iterator[Metric]:
        for metric in _measured():
            if metric.name == MEASURED:
                yield from _renamed(metric)
            elif metric.name.startswith("insights_"):
                yield metric


def _measured() -> Iterable[Metric]:
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return MultiProcessCollector(CollectorRegistry()).collect()  # type: ignore[no-untyped-call,no-any-return]
    return chain(current_app.extensions[_EXTENSION].collect(), REGISTRY.collect())


def _renamed(metric: Metric) -> Iterator[Metric]:
    """``request_duration_seconds`` and, from its counts, ``api_requests_total``."""
    renamed = Metric("request_duration_seconds", "Time to answer a request in seconds", "histogram")
    requests: dict[tuple[str, str], float] = {}
    for sample in metric.samples:
        renamed.samples.append(sample._replace(name=sample.name.removeprefix("http_")))
        if sample.name.endswith("_count"):
            key = (sample.labels["method"], sample.labels["endpoint"])
            requests[key] = requests.get(key, 0) + sample.value
    yield renamed
    counter = CounterMetricFamily("api_requests", "Requests answered", labels=("method", "endpoint"))
    for key, value in sorted(requests.items()):
        counter.add_metric(key, value)
    yield counter
