"""What the API document shows; tests load each example through its schema."""

from typing import Any

from app.insights.examples import INSIGHT

STATISTICS: dict[str, Any] = {
    "total_insights": 156,
    "insights_by_status": {"archived": 5, "draft": 23, "published": 128},
    "insights_by_priority": {"low": 45, "medium": 67, "high": 38, "critical": 6},
    "insights_by_visibility": {"INTERNAL": 140, "PUBLIC": 16},
    "insights_by_category": {"People": 28, "Process": 42, "Product": 30, "Technical": 56},
    "total_tags": 24,
    "total_categories": 8,
    "recent_insights": [INSIGHT],
}
METRICS = """# HELP research_insights_total Insights in all
# TYPE research_insights_total gauge
research_insights_total 156.0
"""
