"""What is promised about insights, their histories and the trash."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import text

from app.core.checks import Check
from app.extensions import db
from app.insights.history import LONG_TEXTS, DamagedHistory, older_text

BATCH = 500

REVISIONS = """
WITH head AS (SELECT id, version, false AS trashed FROM insights UNION ALL SELECT id, version, true FROM insight_trash),
history AS (SELECT insight_id, count(*) AS n, max(number) AS last FROM insight_revisions GROUP BY 1),
newest AS (
  SELECT h.id, h.trashed, h.version, r.version AS told, r.verb
  FROM head h JOIN history ON history.insight_id = h.id
  JOIN insight_revisions r ON r.insight_id = h.id AND r.number = last)
SELECT format('insight %s has no revisions', id) FROM head WHERE NOT EXISTS (SELECT FROM history WHERE insight_id = id)
UNION ALL
SELECT format('insight %s has %s revisions, and the last is number %s', insight_id, n, last)
FROM history WHERE n <> last
UNION ALL
SELECT format('insight %s: revision %s is "%s"', insight_id, number, verb)
FROM insight_revisions WHERE (number = 1) <> (verb = 'create')
UNION ALL
SELECT format('insight %s has version %s, its last revision %s', id, version, told) FROM newest WHERE told <> version
UNION ALL
SELECT format('insight %s is %s the trash, and its last revision is "%s"', id,
              CASE WHEN trashed THEN 'in' ELSE 'outside' END, verb)
FROM newest WHERE trashed <> (verb = 'trash')
UNION ALL
SELECT format('insight %s: revision %s has an older version than the one before it', insight_id, number)
FROM (SELECT insight_id, number, version < lag(version) OVER (PARTITION BY insight_id ORDER BY number) AS falls
      FROM insight_revisions) step
WHERE falls
ORDER BY 1"""

# The stored texts come with the newest of the revisions that changed one, not with each.
TEXTS = """
SELECT r.insight_id, r.number, r.changes,
       CASE WHEN row_number() OVER newest_first = 1 THEN jsonb_build_object(
         'description', h.description, 'content', h.content) END AS head
FROM insight_revisions r
JOIN (SELECT id, description, content FROM insights UNION ALL SELECT id, description, content FROM insight_trash) h
  ON h.id = r.insight_id
WHERE r.changes ?| ARRAY['description', 'content']
WINDOW newest_first AS (PARTITION BY r.insight_id ORDER BY r.number DESC)
ORDER BY r.insight_id, r.number DESC"""

PUBLICATION = """
SELECT format('insight %s is published and has no published_at', id)
FROM (SELECT id, status, published_at FROM insights UNION ALL SELECT id, status, published_at FROM insight_trash) stored
WHERE status = 'published' AND published_at IS NULL ORDER BY id"""

TRASH = """
SELECT format('insight %s is in the trash and outside it', id) FROM insight_trash
WHERE id IN (SELECT id FROM insights)
UNION ALL
SELECT format('insight %s is gone, its revisions are not', insight_id) FROM insight_revisions r
WHERE NOT EXISTS (SELECT FROM insights WHERE id = insight_id)
  AND NOT EXISTS (SELECT FROM insight_trash WHERE id = insight_id)
GROUP BY insight_id
ORDER BY 1"""


def _texts_that_do_not_come_out() -> Iterator[str]:
    """Every text that any revision tells is worked out, one insight's at a time."""
    rows = db.session.execute(text(TEXTS), execution_options={"yield_per": BATCH})
    for insight_id, revisions in groupby(rows, attrgetter("insight_id")):
        yield from _damage(insight_id, list(revisions))


def _damage(insight_id: int, newest_first: list[Any]) -> Iterator[str]:
    for field in LONG_TEXTS:
        stored = newest_first[0].head[field]
        for revision in newest_first:
            if field not in revision.changes:
                continue
            try:
                stored = older_text(stored, revision.changes[field])
            except DamagedHistory as error:
                yield f"insight {insight_id}: {field} before revision {revision.number}: {error}"
                break


CHECKS = (
    Check.of("revisions", REVISIONS),
    Check("texts", _texts_that_do_not_come_out),
    Check.of("publication", PUBLICATION),
    Check.of("trash", TRASH),
)
