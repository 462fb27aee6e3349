"""What the API document shows; tests load each example through its schema."""

from typing import Any

MOMENT = "2025-12-23T18:00:00.000000Z"

TAG_DRAFT: dict[str, Any] = {
    "name": "Field Note",
    "slug": "field-note",
    "description": "Seen on site",
    "color": "#3B82F6",
}
TAG: dict[str, Any] = {"id": 2, **TAG_DRAFT, "created_at": MOMENT, "usage_count": 17, "version": 1}

CATEGORY_DRAFT: dict[str, Any] = {
    "name": "Research",
    "slug": "research",
    "description": "What studies have shown",
    "parent_id": None,
    "color": "#3B82F6",
    "icon": "code",
}
CATEGORY: dict[str, Any] = {
    "id": 1,
    **CATEGORY_DRAFT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "version": 1,
    "insight_count": 56,
}
TREE: dict[str, Any] = {"categories": [{**CATEGORY, "subtree_count": 63, "children": []}]}
