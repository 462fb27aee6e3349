"""Insights whose content links to the page of one."""

import json
import re
from functools import cache
from typing import Any

from app.core.db import read_json
from app.identity.audience import Audience, Sources
from app.search.queries.neighbours import NEIGHBOUR

# A host without a dot, and a port.
SITE = re.compile(r"https?://(?:([a-z0-9-]+)|[^/:]+)(?::(\d+))?/?")
# An address is a token of the search documents, so the index finds it; what was found is read and looked at exactly. Of
# a content of more than 100,000 characters the index knows the beginning only.
LINKING = f"""
SELECT json_build_object('total', (SELECT count(*) FROM linking), 'insights', coalesce((
  SELECT json_agg(json_build_object({NEIGHBOUR}) ORDER BY i.created_at DESC, i.id DESC)
  FROM (SELECT * FROM linking ORDER BY created_at DESC, id DESC LIMIT :limit) i
  LEFT JOIN categories c ON c.id = i.category_id), '[]'))::text"""
FOUND = """
WITH candidates AS MATERIALIZED (
  SELECT insight_id AS id FROM search_documents
  WHERE search_tokens(stems, length) @@ CAST(:tokens AS tsquery) AND insight_id <> :id),
linking AS MATERIALIZED (
  SELECT i.id, i.title, i.status, i.author, i.created_at, i.category_id
  FROM candidates JOIN insights i USING (id) WHERE i.content ~ :address AND {sees})
"""


@cache
def _statement(sources: Sources) -> str:
    return FOUND.format(sees=sources.sees) + LINKING


def backlinks(audience: Audience, insight_id: int, site: str, limit: int) -> dict[str, Any]:
    """The newest ``limit`` of those that the audience sees, as ``{"total", "insights"}``. ``site`` is where pages are
    served (``https://insights.example.org``): there and without a site an address is this insight's."""
    parameters = {"tokens": _tokens(insight_id, site), "address": _address(insight_id, site)}
    body = read_json(_statement(audience.sources), id=insight_id, limit=limit, **parameters, **audience.parameters)
    found: dict[str, Any] = json.loads(body or b"{}")
    return found


def _tokens(insight_id: int, site: str) -> str:
    """What Postgres' parser makes of such an address: a token that is its path, or begins with the port, or with the
    name of a host that has no dot."""
    found = SITE.fullmatch(site)
    paths = [f"{start}/library/{insight_id}" for start in ("", *filter(None, found.groups() if found else ()))]
    return " | ".join(f"'{path}' | '{path}-':* | '{path}?':* | '{path}/':*" for path in paths)


def _address(insight_id: int, site: str) -> str:
    """A regular expression: no longer number, no path or host of somebody else's before it."""
    return rf"(?<![\w/.-])({re.escape(site.rstrip('/'))})?/library/{insight_id}(?![\w])"
