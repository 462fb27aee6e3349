"""The search log is written here: what was looked for, what was opened of it, and how it is forgotten."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from app.core.db import read_rows
from app.extensions import db
from app.search.schemas.log import DAYS_KEPT

# One statement, in autocommit where nothing else is under way: nobody waits for it, and it doesn't wait for the disk.
# Who types letter by letter, or reads on, asks once: an entry of the last minute whose text begins with the new one's,
# or the other way round, becomes this one. Answers are noted as they go out, so a later one may be there already.
LOG = """
WITH typed AS MATERIALIZED (
  SELECT btrim(regexp_replace(folded(:query), '\\s+', ' ', 'g')) AS query,
         set_config('synchronous_commit', 'off', true) AS unhurried),
latest AS MATERIALIZED (
  SELECT l.id FROM search_log l, typed
  WHERE l.searcher = :searcher AND l.at > CAST(:at AS timestamptz) - interval '60 seconds'
    AND (starts_with(l.query, typed.query) OR starts_with(typed.query, l.query))
  ORDER BY l.at DESC LIMIT 1),
replaced AS (
  UPDATE search_log l SET at = :at, query = typed.query, results = :results, matched = :matched
  FROM latest, typed WHERE l.id = latest.id AND l.at <= :at
  RETURNING l.id)
INSERT INTO search_log (at, query, results, matched, searcher)
SELECT :at, typed.query, :results, :matched, :searcher FROM typed
WHERE typed.query <> '' AND NOT EXISTS (SELECT FROM latest)
RETURNING id"""

# The entry of an answer has its moment, or a later one when it was replaced since.
OPENED = """
WITH entry AS MATERIALIZED (
  SELECT id, set_config('synchronous_commit', 'off', true) AS unhurried FROM search_log
  WHERE searcher = :searcher AND at >= :at AND at < CAST(:at AS timestamptz) + interval '10 minutes'
  ORDER BY at LIMIT 1)
UPDATE search_log l SET opened = l.opened || CAST(:insight_id AS integer)
FROM entry
WHERE l.id = entry.id AND NOT CAST(:insight_id AS integer) = ANY (l.opened) AND cardinality(l.opened) < :most
RETURNING l.id"""

PURGE = text("DELETE FROM search_log WHERE at < now() - make_interval(days => :days)")
MOST_OPENED = 100
LONGEST_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One search: when its answer was made, and by whom (a hash that says no more)."""

    at: datetime
    searcher: bytes


def log_search(asked: Asked, query: str, results: int, matched: str | None) -> None:
    """Note that a text was looked for: how many were found (the estimate when there are many), and in what way."""
    results = min(results, LONGEST_COUNT)
    read_rows(LOG, at=asked.at, searcher=asked.searcher, query=query, results=results, matched=matched)


def log_opened(asked: Asked, insight_id: int) -> None:
    """Note that an insight was opened from the answer to a search. Of one that isn't in the log any more: nothing."""
    read_rows(OPENED, at=asked.at, searcher=asked.searcher, insight_id=insight_id, most=MOST_OPENED)


def purge_search_log() -> int:
    """Forget what was searched for 90 days ago, and longer; how many entries."""
    return int(db.session.execute(PURGE, {"days": DAYS_KEPT}).rowcount)  # type: ignore[attr-defined]
