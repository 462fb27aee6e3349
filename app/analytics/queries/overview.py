"""What the overview shows beside the statistics: twelve weeks of activity, and what needs attention."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson

from app.core.db import read_json
from app.identity.audience import Audience, Sources

WEEKS = 12
OLD_DRAFT_DAYS = 30
# Drafts are rows, not cells: beyond this many it says "more", and costs no more.
MOST_COUNTED = 1_000


def _in_week(sources: Sources, column: str) -> str:
    return f"""
  SELECT count(*) AS n FROM insights i WHERE {sources.sees} AND i.{column} >= monday::timestamp AT TIME ZONE 'UTC'
    AND i.{column} < (monday + 7)::timestamp AT TIME ZONE 'UTC'"""


def _old_drafts(sources: Sources, whose: str) -> str:
    return f"""
  SELECT count(*) FROM (SELECT FROM insights i
    WHERE {sources.drafts} AND i.status = 'draft' AND i.updated_at < :untouched_since AND {whose}
    LIMIT {MOST_COUNTED + 1}) old"""


# Each week is a piece of the indexes on created_at and published_at: all of it costs as much as was written then.
@cache
def _overview(sources: Sources) -> str:
    return f"""
WITH weeks AS MATERIALIZED (
  SELECT (date_trunc('week', CAST(:now AS timestamptz) AT TIME ZONE 'UTC'))::date - 7 * ago AS monday
  FROM generate_series(0, {WEEKS - 1}) ago)
SELECT json_build_object(
  'weeks', (SELECT json_agg(json_build_object('first', monday, 'last', monday + 6,
                'captured', captured.n, 'published', published.n) ORDER BY monday)
            FROM weeks, LATERAL ({_in_week(sources, "created_at")}) captured,
                LATERAL ({_in_week(sources, "published_at")}) published),
  'own_old_drafts', ({_old_drafts(sources, "i.owner_id = CAST(:me AS integer)")}),
  'old_drafts', ({_old_drafts(sources, "true")}),
  'weighty_drafts', (SELECT coalesce(sum(n), 0) FROM {sources.cells}
                     WHERE status = 'draft' AND priority IN ('high', 'critical')),
  'uncategorised', (SELECT coalesce(sum(n), 0) FROM {sources.cells} WHERE category_id = 0))::text"""


def overview(audience: Audience, me: int | None, now: datetime) -> dict[str, Any]:
    """``weeks``: the last twelve (``first`` and ``last`` day, UTC, Monday to Sunday) with what was ``captured`` and
    first ``published`` in them and the audience sees; ``own_old_drafts`` of the user ``me`` and all ``old_drafts``,
    both at most `MOST_COUNTED` + 1; ``weighty_drafts``, of high and critical priority; ``uncategorised``."""
    untouched_since = now - timedelta(days=OLD_DRAFT_DAYS)
    given = {"now": now, "untouched_since": untouched_since, "me": me, **audience.parameters}
    return dict(orjson.loads(read_json(_overview(audience.sources), **given) or b"{}"))
