"""What the maintained counts say, in a form that a test can write down."""

from decimal import Decimal
from typing import Any

import psycopg

KNOWLEDGE = """
INSERT INTO categories (id, name, slug, parent_id) VALUES
  (1, 'Technical', 'technical', NULL), (2, 'Process', 'process', NULL), (3, 'Databases', 'databases', 1);
INSERT INTO tags (id, name, slug) VALUES (1, 'Incident', 'incident'), (2, 'Testing', 'testing'), (3, 'Docs', 'docs');
INSERT INTO insights
  (id, title, description, author, category_id, status, priority, visibility, created_at, published_at)
VALUES (1, 'A', 'a', 'Ada', 1, 'draft', 'medium', 'INTERNAL', '2026-01-01Z', NULL),
       (2, 'B', 'b', 'Bob', 1, 'published', 'high', 'PUBLIC', '2026-01-01Z', '2026-01-01 00:01:00Z'),
       (3, 'C', 'c', 'Cleo', NULL, 'archived', 'low', 'RESTRICTED', '2026-01-01Z', NULL);
INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1), (1, 2), (2, 1);
SELECT setval('categories_id_seq', 100), setval('tags_id_seq', 100), setval('insights_id_seq', 100);
"""
CELLS = {"1/draft/medium/INTERNAL": 1, "1/published/high/PUBLIC": 1, "0/archived/low/RESTRICTED": 1}
SECONDS = {"1/published/high/PUBLIC": Decimal(60)}
TAG_CELLS = {"1/draft/INTERNAL": 1, "2/draft/INTERNAL": 1, "1/published/PUBLIC": 1}
USAGE = {"Incident": 2, "Testing": 1, "Docs": 0}


class Ledger:
    """Reads the counts through a connection of its own transaction."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def cells(self) -> dict[str, int]:
        """Insights by "category/status/priority/visibility"."""
        return self._sums("concat_ws('/', category_id, status, priority, visibility)", "n", "insight_cells")

    def seconds(self) -> dict[str, Decimal]:
        """Seconds to action by "category/status/priority/visibility"."""
        return self._sums(
            "concat_ws('/', category_id, status, priority, visibility)", "action_seconds", "insight_cells"
        )

    def tag_cells(self) -> dict[str, int]:
        """Links by "tag/status/visibility"."""
        return self._sums("concat_ws('/', tag_id, status, visibility)", "n", "tag_cells")

    def usage(self) -> dict[str, int]:
        return dict(self.connection.execute("SELECT name, usage_count FROM tags_counted").fetchall())

    def shown(self) -> tuple[object, ...]:
        """All of the above."""
        return self.cells(), self.seconds(), self.tag_cells(), self.usage()

    def drift(self) -> list[tuple[object, ...]]:
        return self.connection.execute("SELECT what, key, actual, shown FROM counts_drift").fetchall()

    def pending(self) -> int:
        """Changes that are not folded in yet."""
        return self.number("SELECT (SELECT count(*) FROM insight_count_delta) + (SELECT count(*) FROM tag_count_delta)")

    def fold(self) -> int:
        return self.number("SELECT counts_fold()")

    def number(self, question: str) -> int:
        row = self.connection.execute(question.encode()).fetchone()
        assert row is not None
        return int(row[0])

    def _sums(self, key: str, measure: str, view: str) -> dict[str, Any]:
        question = f"SELECT {key}, sum({measure}) FROM {view} GROUP BY 1 HAVING sum({measure}) <> 0"
        return dict(self.connection.execute(question.encode()).fetchall())
