"""What the API document shows of saved searches and feeds; tests load each example through its schema."""

from typing import Any

DRAFT: dict[str, Any] = {
    "name": "Incidents of this year",
    "query": "tag:incident created:this-year",
    "shared": False,
}
SAVED: dict[str, Any] = {
    "id": 3,
    **DRAFT,
    "owner": {"id": 7, "name": "Ada"},
    "may_change": True,
    "feed": "/search/saved/3/feed.atom",
    "has_feed_key": False,
    "created_at": "2026-01-12T09:30:00.000000Z",
    "updated_at": "2026-01-12T09:30:00.000000Z",
    "version": 1,
}
KEY = "ins_feed_0rYtSg5xIuJp1WqT2nVbM7cZkLhE8dRa9oXfUyQw3Ks"
FEED_KEY = {"key": KEY, "feed": f"https://insights.example.org/search/saved/3/feed.atom?key={KEY}"}
FEED = (
    "<?xml version='1.0' encoding='utf-8'?>\n"
    '<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:uuid:…</id><title>Incidents of this year</title>…</feed>'
)
