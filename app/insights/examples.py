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
REASON: dict[str, Any] = {"message": "The figures were last year's"}
NAMED_TAG: dict[str, Any] = {"id": 2, "name": TAG["name"]}
NAMED_CATEGORY: dict[str, Any] = {"id": 1, "name": CATEGORY["name"]}
CREATION: dict[str, Any] = {
    "number": 1,
    "version": 1,
    "at": MOMENT,
    "verb": "create",
    "actor": {"kind": "person", "id": 3, "name": "ada@example.org"},
    "message": None,
    "fields": [],
    "receipt_id": None,
}
CHANGE: dict[str, Any] = {
    **CREATION,
    "number": 2,
    "version": 2,
    "verb": "update",
    "message": "Found out who pays for it",
    "fields": ["title", "tags"],
}
REVISIONS: dict[str, Any] = {"revisions": [CREATION, CHANGE]}
RETITLED: dict[str, Any] = {"field": "title", "before": "Performance", "after": DRAFT["title"]}
EARLIER: dict[str, Any] = {
    **{name: INSIGHT[name] for name in INSIGHT if name not in ("id", "public_id", "version", "updated_at")},
    "category": NAMED_CATEGORY,
    "tags": [NAMED_TAG],
}
REVISION: dict[str, Any] = {
    **CHANGE,
    "changes": [RETITLED, {"field": "tags", "before": [], "after": [NAMED_TAG]}],
    "insight": EARLIER,
}
REWRITTEN: dict[str, Any] = {
    "field": "content",
    "before": "Slow.\n",
    "after": "Fast.\n",
    "unified": "@@ -1 +1 @@\n-Slow.\n+Fast.\n",
}
DIFF: dict[str, Any] = {"from": 1, "to": 2, "changes": [RETITLED, REWRITTEN]}
TRASHED: dict[str, Any] = {
    **EARLIER,
    **{name: INSIGHT[name] for name in ("id", "public_id", "version", "updated_at")},
    "trashed_at": MOMENT,
    "trashed_by": "ada@example.org",
    "purged_at": MOMENT,
}
TRASH: dict[str, Any] = {"total": 1, "page": 1, "page_size": 20, "insights": [TRASHED]}
PURGED: dict[str, Any] = {"purged": 1}
