"""What the API document shows of searches; tests load each example through its schema."""

from typing import Any

from app.insights.examples import INSIGHT

SEARCH: dict[str, Any] = {
    "query": "slow queries priority:>=high -draft",
    "tag_ids": [2],
    "status": "published",
    "page": 1,
    "page_size": 20,
}
PAGE: dict[str, Any] = {"total": 1, "page": 1, "page_size": 20, "matched": None, "insights": [INSIGHT]}
HIT: dict[str, Any] = {
    **INSIGHT,
    "score": 4.31,
    "highlights": {
        "description": ["Database indexing improved <mark>query</mark> performance"],
    },
}
FOUND: dict[str, Any] = {
    "total": 1,
    "total_relation": "exact",
    "page": 1,
    "page_size": 20,
    "matched": "partial",
    "insights": [HIT],
    "facets": {
        "status": [{"value": "published", "count": 1}],
        "priority": [{"value": "high", "count": 1}],
        "category": [{"value": "technical", "id": 1, "name": "Technical", "count": 1}],
        "tags": [{"value": "performance", "id": 2, "name": "Performance", "count": 1}],
        "author": [{"value": "engineering-team", "count": 1}],
        "month": [{"value": "2026-11", "count": 1}],
        "sampled": False,
    },
    "corrected_query": None,
    "took_ms": 6.2,
    "search_id": "1795339800000000.2PLk2vLNi3yzkxvWBJ9x0y5MMtNXCRyQ4nGzHqk1bXw",
}
