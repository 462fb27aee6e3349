"""What is stored, and what must hold of it whatever happened."""

import re
from typing import Any

import psycopg

# What each table holds, as JSON: all of it, to show that nothing changed.
TABLES = (
    "insights", "insight_tags", "insight_revisions", "insight_trash", "tags", "categories", "tag_aliases",
    "category_aliases", "receipts", "idempotency_keys", "audit_log", "users", "api_tokens",
    "sessions", "one_time_links", "external_identities", "recovery_codes", "saved_searches",
    "attachments", "insight_attachments",
)  # fmt: skip
# Whoever is refused was seen.
SEEN = "'{last_seen_at,last_used_at}'::text[]"
# Rows made after this have ids from here on.
FIRST_NEW_ID = 1_000_000
# What two runs of the same never share: moments, the number of a transaction, what is drawn at random.
OF_A_RUN = (
    "at", "created_at", "updated_at", "published_at", "trashed_at", "expires_at", "used_at", "xact", "request_id",
    "token_hash", "feed_key_hash", "password_hash", "last4", "body", "Content-Length", "ETag", "usage_count",
)  # fmt: skip
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.0-9]*(Z|[+]\d\d(:\d\d)?)?")
NEW_ID = re.compile(r"\b1\d{6}\b")

BROKEN = """
SELECT 'count ' || what || ' ' || key FROM counts_drift
UNION ALL SELECT 'revisions of ' || insight_id || ' are not numbered 1 to n' FROM insight_revisions
    GROUP BY insight_id HAVING min(number) <> 1 OR max(number) <> count(*)
UNION ALL SELECT 'the last revision of ' || id || ' has another version'
    FROM (SELECT id, version FROM insights UNION ALL SELECT id, version FROM insight_trash) stored
    WHERE version IS DISTINCT FROM (
        SELECT version FROM insight_revisions WHERE insight_id = id ORDER BY number DESC LIMIT 1)
UNION ALL SELECT 'revisions of nothing: ' || insight_id FROM insight_revisions
    WHERE insight_id NOT IN (SELECT id FROM insights UNION ALL SELECT id FROM insight_trash)
UNION ALL SELECT 'both here and in the trash: ' || id FROM insights JOIN insight_trash USING (id)
UNION ALL SELECT 'a tag and an alias: ' || a.name FROM tag_aliases a JOIN tags t ON folded(t.name) = folded(a.name)
UNION ALL SELECT 'a category and an alias: ' || a.name
    FROM category_aliases a JOIN categories c ON folded(c.name) = folded(a.name)
UNION ALL SELECT 'a revision of no receipt: ' || receipt_id FROM insight_revisions
    WHERE receipt_id IS NOT NULL AND receipt_id NOT IN (SELECT id FROM receipts)
"""


class Store:
    """The database past the application."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        every = f"coalesce(jsonb_agg(to_jsonb(t) - {SEEN} ORDER BY t::text), '[]')"
        rows = ", ".join(f"'{name}', (SELECT {every} FROM {name} t)" for name in TABLES)
        self.question = f"SELECT json_build_object({rows})".encode()

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row there is, by its table."""
        (found,) = self.connection.execute(self.question).fetchone() or ({},)
        return found

    def broken(self) -> list[str]:
        """What doesn't hold."""
        return [row[0] for row in self.connection.execute(BROKEN)]


def alike(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """Rows so that those of two runs can be compared: without what only one of the runs can have."""
    return {name: sorted(str(_alike(row)) for row in table) for name, table in rows.items()}


def _alike(value: Any) -> Any:
    match value:
        case dict():
            return {name: _alike(each) for name, each in value.items() if name not in OF_A_RUN}
        case list():
            return [_alike(each) for each in value]
        case int() if value >= FIRST_NEW_ID:
            return "a new id"
        case str():
            return NEW_ID.sub("a new id", MOMENT.sub("a moment", UUID.sub("a uuid", value)))
    return value
