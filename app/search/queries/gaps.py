"""What people searched for and did not find."""

from app.core.db import read_json

# Whether something is found is what the last search says: an insight may have been written meanwhile.
GAPS = """
WITH wanted AS (
  SELECT query, count(*) AS searches, count(DISTINCT searcher) AS searchers,
         count(*) FILTER (WHERE results = 0) AS without_results,
         count(*) FILTER (WHERE results > 0 AND opened = '{}') AS unopened,
         bool_or(opened <> '{}') AS opened, max(at) AS last_at,
         (array_agg(results ORDER BY at DESC, id DESC))[1] = 0 AS nothing
  FROM search_log WHERE at > now() - make_interval(days => :days) GROUP BY query),
gaps AS (
  SELECT * FROM wanted WHERE nothing OR NOT opened
  ORDER BY searchers DESC, searches DESC, last_at DESC, query LIMIT :limit)
SELECT json_build_object('days', :days, 'gaps', coalesce(json_agg(json_build_object(
    'query', query, 'kind', CASE WHEN nothing THEN 'nothing' ELSE 'unopened' END, 'searches', searches,
    'searchers', searchers, 'without_results', without_results, 'unopened', unopened, 'last_at', iso_utc(last_at))
    ORDER BY searchers DESC, searches DESC, last_at DESC, query), '[]'))::text
FROM gaps"""


def gaps_json(days: int, limit: int) -> bytes:
    """The texts that found nothing, or nothing that anybody opened, in so many days (`GapsAnswer`).

    Reads all of the log's entries of these days.
    """
    return read_json(GAPS, days=days, limit=limit) or b"{}"
