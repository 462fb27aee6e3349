"""``/statistics`` and ``/metrics``."""

from flask import Response, request, url_for
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from app.analytics import examples
from app.analytics.collector import ResearchInsights
from app.analytics.queries.statistics import statistics_json
from app.analytics.schemas import StatisticsAnswer
from app.core.http.endpoint import Endpoints
from app.core.http.respond import json_answer
from app.core.telemetry import RequestMetrics
from app.identity.acting import current_actor

api = Endpoints("analytics", __name__, description="Figures, for people and for Prometheus.")


@api.endpoint(
    "GET", "/statistics", StatisticsAnswer, answer_example=examples.STATISTICS, page=lambda: url_for("overview.home")
)
def statistics() -> Response:
    """Exact figures, and the five newest insights."""
    return json_answer(statistics_json(current_actor().audience))


@api.endpoint(
    "GET",
    "/metrics",
    {"type": "string"},
    answer_example=examples.METRICS,
    content_type="text/plain",
    volatile=True,
    database=False,
)
def metrics() -> Response:
    """Prometheus metrics.

    This service's counters over all its workers, and gauges read from the database; without it, the counters alone.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RequestMetrics())
    registry.register(ResearchInsights(current_actor().audience))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)
