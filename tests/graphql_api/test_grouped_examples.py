"""The page on grouping shows what is answered."""

import json
from itertools import pairwise

import pytest
from flask.testing import FlaskClient
from markdown_it import MarkdownIt
from psycopg import Connection

from app.config import REPOSITORY
from tests.graphql_api.asking import asked, data

PAGE = REPOSITORY / "docs" / "reference" / "graphql-grouping.md"
FENCES = [token for token in MarkdownIt().parse(PAGE.read_text(encoding="utf-8")) if token.type == "fence"]
EXAMPLES = [(one.content, json.loads(other.content)) for one, other in pairwise(FENCES) if one.info == "graphql"]
FOUR = """
INSERT INTO categories (name, slug) VALUES ('Technical', 'technical'), ('Process', 'process');
INSERT INTO tags (name, slug) VALUES ('Incident', 'incident'), ('Docs', 'docs');
INSERT INTO insights (title, description, author, status, category_id, created_at) VALUES
  ('One', '', 'Ada', 'published', 1, '2026-03-28 23:30Z'), ('Two', '', 'Ada', 'draft', 2, '2026-03-30 21:59Z'),
  ('Three', '', 'Ada', 'published', NULL, '2026-03-30 22:00Z'),
  ('Four', '', 'Ada', 'published', 1, '2026-12-31 12:00Z');
INSERT INTO insight_tags VALUES (1, 1), (1, 2), (2, 1), (4, 2)"""


@pytest.mark.parametrize(("query", "told"), EXAMPLES)
def test_example(client: FlaskClient, owner_connection: Connection, query: str, told: object) -> None:
    owner_connection.execute(FOUR)
    assert data(asked(client, query)) == told


def test_examples_are_pairs() -> None:
    assert [token.info for token in FENCES] == ["graphql", "json"] * 4
