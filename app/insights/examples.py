"""What the API document shows; tests load each example through its schema."""

from typing import Any

from app.taxonomy.examples import CATEGORY, MOMENT, TAG

DRAFT: dict[str, Any] = {
    "title": "Performance optimization in PostgreSQL",
    "description": "Database indexing improved query performance",
    "content": "## Context\n\nDetailed explanation...",
    "source": "Production incident #1234",
    "author": "engineering-team",
    "category_id": 1,
    "priority": "high",
    "status": "published",
    "tag_ids": [2],
}
CHANGES: dict[str, Any] = {"title": "Updated title", "priority": "critical", "tag_ids": [2]}
INSIGHT: dict[str, Any] = {
    "id": 1,
    "public_id": "01a200b5-eb8f-720e-929b-87ca1083a1cc",
    "external_key": None,
    **{name: value for name, value in DRAFT.items() if name != "tag_ids"},
    "visibility": "INTERNAL",
    "metadata": {},
    "version": 1,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "published_at": MOMENT,
    "category": CATEGORY,
    "tags": [TAG],
}
SEARCH: dict[str, Any] = {"query": "performance", "tag_ids": [2], "status": "published", "page": 1, "page_size": 20}
PAGE: dict[str, Any] = {"total": 1, "page": 1, "page_size": 20, "matched": None, "insights": [INSIGHT]}
