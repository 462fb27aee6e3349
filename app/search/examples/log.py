"""What the API document shows of the search log; tests load each example through its schema."""

from typing import Any

OPENED = {"insight_id": 56}
GAPS: dict[str, Any] = {
    "days": 30,
    "gaps": [
        {
            "query": "holiday regulations",
            "kind": "nothing",
            "searches": 12,
            "searchers": 9,
            "without_results": 12,
            "unopened": 0,
            "last_at": "2026-11-22T09:30:00.000000Z",
        },
        {
            "query": "travel",
            "kind": "unopened",
            "searches": 5,
            "searchers": 4,
            "without_results": 0,
            "unopened": 5,
            "last_at": "2026-11-21T15:00:12.000000Z",
        },
    ],
}
