"""``/statistics`` and ``/metrics``."""

from flask import Response, request, url_for
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from app.analytics.collector import ResearchInsights
from app.analytics.queries.statistics import statistics_json
from app.analytics.schemas import StatisticsAnswer
from app.core.http.body import Blueprint
from app.core.http.negotiation import page_for_people
from app.core.http.openapi import ETAG, problems
from app.core.http.respond import json_answer
from app.core.telemetry import RequestMetrics

blueprint = Blueprint("analytics", __name__, description="Figures, for people and for Prometheus.")


@blueprint.route("/statistics", methods=["GET"])
@blueprint.response(200, StatisticsAnswer, headers=ETAG)
@problems(blueprint)
@page_for_people(lambda: url_for("overview.home"))
def statistics() -> Response:
    """Exact figures, and the five newest insights."""
    return json_answer(statistics_json())


@blueprint.route("/metrics", methods=["GET"])
@blueprint.response(200, {"type": "string"}, content_type="text/plain", description="Prometheus text exposition.")
@problems(blueprint)
def metrics() -> Response:
    """Prometheus metrics: this service's counters over all its workers, and gauges read from the database."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RequestMetrics())
    registry.register(ResearchInsights())
    encode, content_type = choose_encoder(request.headers.get("Accept"))
    return Response(encode(registry), content_type=content_type)
