"""What the API document shows of suggestions; tests load each example through its schema."""

from typing import Any

from app.taxonomy.examples import CATEGORY, MOMENT, TAG

_CATEGORY: dict[str, Any] = {"id": CATEGORY["id"], "name": CATEGORY["name"]}
_TAG: dict[str, Any] = {"id": TAG["id"], "name": TAG["name"]}
_INSIGHT: dict[str, Any] = {
    "id": 7,
    "title": "Indexes for slow PostgreSQL queries",
    "status": "published",
    "author": "engineering-team",
    "created_at": MOMENT,
    "category": _CATEGORY,
}

SUGGESTIONS: dict[str, Any] = {
    "suggestions": [
        {"kind": "tag", "text": TAG["name"], "id": 2, "insight_count": 17, "query": 'tag:"Field Note"'},
        {"kind": "title", "text": _INSIGHT["title"], "id": 7, "insight_count": None, "query": f'"{_INSIGHT["title"]}"'},
    ]
}
RELATED: dict[str, Any] = {
    "insights": [
        {**_INSIGHT, "score": 9.42, "shared": {"words": ["postgresql", "index"], "tags": [_TAG], "category": _CATEGORY}}
    ]
}
SIMILAR: dict[str, Any] = {"insights": [{**_INSIGHT, "similarity": 0.71}]}
