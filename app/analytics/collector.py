"""The gauges as Prometheus reads them: built anew for each scrape, so that a label that is gone is gone."""

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.analytics.queries.gauges import gauges
from app.errors import Unavailable
from app.identity.audience import Audience


class ResearchInsights(Collector):
    """The ``research_insights_*`` family, the same from every worker: it is read from the database."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            numbers = gauges(self.audience)
        except Unavailable:  # the counters still tell what is going on
            return
        by_status = numbers["status"] or {}
        yield _gauge("research_insights_total", "Insights in all", sum(by_status.values()))
        yield _gauge("research_insights_validated", "Published insights", by_status.get("published", 0))
        yield _by("research_insights_by_status", "Insights by status", "status", by_status)
        yield _by("research_insights_by_priority", "Insights by priority", "priority", numbers["priority"] or {})
        yield from _by_category(numbers)
        yield _gauge("research_tags_total", "Tags", numbers["total_tags"])
        yield _gauge("research_categories_total", "Categories", numbers["total_categories"])
        yield _gauge("research_insights_published_last_7d", "Published in the last 7 days", numbers["published_7d"])
        yield _gauge("research_insights_published_last_30d", "Published in the last 30 days", numbers["published_30d"])
        yield _by("research_tag_usage_count", "Insights that carry the tag", "tag", numbers["tags"] or {})


def _by_category(numbers: Mapping[str, Any]) -> Iterator[GaugeMetricFamily]:
    used = {row["category"]: row for row in numbers["categories"] or ()}
    counts = dict.fromkeys(numbers["empty_categories"] or (), 0) | {name: row["n"] for name, row in used.items()}
    rates = {name: 100 * row["published"] / row["n"] for name, row in used.items()}
    waits = {name: row["action_seconds"] / row["published"] for name, row in used.items() if row["published"]}
    yield _by("research_insights_by_category", "Insights directly in the category", "category", counts)
    yield _by("research_insights_validation_rate", "Published insights in percent", "category", rates)
    yield _by("research_insights_time_to_action_seconds", "Mean time from creation to publication", "category", waits)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _by(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for token in sorted(values):
        family.add_metric((token,), values[token])
    return family
