"""What the API document shows; tests load each example through its schema."""

from typing import Any

ENTRY: dict[str, Any] = {
    "id": 4711,
    "at": "2026-11-22T09:30:00.123456Z",
    "actor_kind": "person",
    "actor_id": 3,
    "actor_name": "ada@example.org",
    "verb": "insight.update",
    "outcome": "done",
    "subject_type": "insight",
    "subject_id": "42",
    "subject_name": "Retry storms exhaust connections",
    "diff": {"status": ["draft", "published"]},
    "ip": "192.0.2.17",
    "request_id": "0783dd2d011c454b876c1b931155e2ab",
}
PAGE: dict[str, Any] = {"total": 1, "page": 1, "page_size": 50, "entries": [ENTRY]}
