"""Queries as SQL find what the same queries find in plain Python over dictionaries."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

import psycopg
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import read_rows
from app.identity.audience import EVERYTHING, Audience
from app.identity.permissions import ROLES, Role
from app.insights.queries.listing import InsightFilter
from app.search.language.parser import parse
from app.search.queries.conditions import Compiled, compiled, matching_ids_sql
from app.search.queries.words import understand
from tests.search.meaning import UNKNOWN, WORDS, Reference, rows

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VIEWER = Audience.of([ROLES[Role.VIEWER]], reader=1)
READER = Audience(EVERYTHING.visibilities, every_draft=True, reader=1)


FILL = """
INSERT INTO users (id, kind, email, name, role, password_hash)
  VALUES (1, 'person', 'a@example.org', 'Ada', 'viewer', 'x');
INSERT INTO categories (name, slug, parent_id) VALUES ('Technical', 'technical', NULL), ('Databases', 'data-bases', 1),
  ('Hiring', 'hiring', NULL);
INSERT INTO category_aliases (former_id, category_id, name, slug) VALUES (90, 3, 'Recruiting', 'recruiting');
INSERT INTO tags (name, slug) VALUES ('On call', 'on-call'), ('Über', 'uber');
INSERT INTO tag_aliases (former_id, tag_id, name, slug) VALUES (91, 1, 'Pager', 'pager')"""
INSERT = """
INSERT INTO insights (title, description, content, status, priority, visibility, category_id, author, source, owner_id,
  created_at, updated_at, published_at)
VALUES (%(title)s, %(description)s, %(content)s, %(status)s, %(priority)s, %(visibility)s, %(category_id)s, %(author)s,
  %(source)s, %(owner_id)s, %(created_at)s, %(updated_at)s, %(published_at)s)"""
STEMS = "SELECT tsvector_to_array(to_tsvector('pg_catalog.english', folded(:text))) AS stems"


@pytest.fixture
def library(app: Flask, owner_connection: psycopg.Connection) -> None:
    with owner_connection.transaction():
        owner_connection.execute(FILL)
        owner_connection.cursor().executemany(INSERT, list(rows()))
        tagged = [(row["id"], tag) for row in rows() for tag in row["tags"]]
        owner_connection.cursor().executemany("INSERT INTO insight_tags (insight_id, tag_id) VALUES (%s, %s)", tagged)


def found(statement: str, parameters: Mapping[str, object]) -> set[int]:
    return {row.id for row in read_rows(statement, **parameters)}


def ids(query: Compiled, condition: str) -> set[int]:
    statement = f"SELECT i.id FROM insights i JOIN search_documents d ON d.insight_id = i.id WHERE {condition}"
    return found(statement, query.parameters)


def of(text: str, audience: Audience = EVERYTHING) -> Compiled:
    return compiled(understand(audience, parse(text, NOW)), audience)


def matching(text: str, audience: Audience = EVERYTHING, wanted: InsightFilter = InsightFilter()) -> set[int]:  # noqa: B008
    statement, parameters = matching_ids_sql(of(text, audience), audience, wanted)
    return found(statement, parameters)


WORD = st.sampled_from([*WORDS, *UNKNOWN, "sto", "RETRYING", "-", "con"])
PHRASE = st.sampled_from(['"storm stormy"', '"of night"', '"the"', '"café it\'s"', '"storm zq9x"', '"..."', '"retry"'])
FIELDS = """
tag:über,pager tag:nothing tag:=über category:technical category:=technical category:recruiting,data-bases category:none
author:ada author:=ada author:=bob% author:% status:draft,archived priority:high priority:>=high priority:<medium
visibility:public source:wiki created:2026-03 created:2026-02..2026-05 published:>=2026-06 updated:<100d published:2026
has:content has:source has:category has:tags is:uncategorised is:untagged is:published is:mine"""
FIELD = st.sampled_from(['tag:"on call"', "tag:ON-CALL", 'author:="ADA L."', *FIELDS.split()])
LEAF = st.one_of(WORD, WORD, WORD, WORD, WORD, PHRASE, FIELD)


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(parts, min_size=2, max_size=4)
    return st.one_of(
        several.map(" ".join),
        several.map(" ".join),
        several.map(" ".join),
        several.map(" OR ".join),
        several.map(" AND ".join),
        parts.map(lambda part: f"-({part})"),
        several.map(lambda items: f"({' '.join(items)})"),
        several.map(lambda items: f"({' OR '.join(items)})"),
    )


QUERY = st.recursive(LEAF, joined, max_leaves=8)


@pytest.fixture
def reference(library: None) -> Reference:
    return Reference(cache(lambda text: frozenset(read_rows(STEMS, text=text)[0].stems)))


@given(text=QUERY)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sql_and_python_find_the_same(reference: Reference, text: str) -> None:
    known = understand(READER, parse(text, NOW))
    query = compiled(known, READER)
    if known.as_it_stands:
        return
    loose, strict = (
        {row["id"] for row in rows() if reference.finds(row, known.query.root, strict=strictly)}
        for strictly in (False, True)
    )
    assert ids(query, query.matches) == loose
    assert ids(query, f"({query.matches}) AND ({query.strict})") == strict & loose
    assert loose <= ids(query, query.filters)
    statement, parameters = matching_ids_sql(query, READER, InsightFilter())
    assert found(statement, parameters) == loose
    if query.tokens is not None:
        statement = (
            "SELECT insight_id AS id FROM search_documents WHERE search_tokens(stems, length) @@ CAST(:q AS tsquery)"
        )
        assert loose <= found(statement, {"q": query.tokens})


STANDING = [
    ("Discount of 100% on a_b", 'It\'s "quoted" & (odd) | not!', "C:\\temp <->", "PUBLIC"),
    ("The", "to be or not to be", None, "PUBLIC"),
    ("Nothing", "xyz-1 zqx", None, "RESTRICTED"),
]


@pytest.fixture
def standing(app: Flask, owner_connection: psycopg.Connection) -> None:
    statement = """
    INSERT INTO insights (title, description, content, visibility, author, status)
    VALUES (%s, %s, %s, %s, 'Ada', 'published')"""
    owner_connection.cursor().executemany(statement, STANDING)


@pytest.mark.parametrize(
    ("text", "everybody", "viewer"),
    [
        ("!", {1}, {1}),
        ("_", {1}, {1}),
        ("\\", {1}, {1}),
        ("<->", {1}, {1}),
        ("the", {2}, {2}),
        ("not to be", {2}, {2}),
        ('"to be"', {2}, {2}),
        ("yz-1 z", {3}, set()),
        ("yz-1 z author:ada", {3}, set()),
        ("yz-1 z author:bob", set(), set()),
        ("to be -the", {2}, {2}),
        ("to be -nothing", {2}, {2}),
        ("'; DROP TABLE insights; --", set(), set()),
        (":words %s %(x)s {where}", set(), set()),
        ("temp", {1}, {1}),
        ("it's", {1}, {1}),
        ("zqx", {3}, set()),
    ],
)
def test_a_text_of_no_known_word_is_found_as_it_stands(
    standing: None, text: str, everybody: set[int], viewer: set[int]
) -> None:
    assert (matching(text), matching(text, VIEWER)) == (everybody, viewer)


def test_a_text_is_looked_for_as_it_stands_among_the_newest_insights(app: Flask, owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "INSERT INTO insights (title, description, author, created_at)"
            " SELECT CASE WHEN n IN (1, 2, 5002) THEN '<->' ELSE 'x' END, '', 'Ada', now() + n * interval '1 s'"
            " FROM generate_series(1, 5002) n"
        )
    assert matching("<->") == {5002}
    assert matching("-") == {5002}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (InsightFilter(), set(range(1, 31))),
        (InsightFilter(status="draft", author="ada"), {1, 7, 13, 19, 25}),
        (InsightFilter(tag_ids=(1, 2)), {1, 13, 25}),
    ],
)
def test_structured_filters_hold_beside_the_query(library: None, wanted: InsightFilter, expected: set[int]) -> None:
    with_text = {row["id"] for row in rows() if "storm" in f"{row['title']} {row['description']} {row['content']}"}
    assert matching("created:2026", wanted=wanted) == expected & matching("created:2026")
    assert matching("storm stormy", wanted=wanted) == expected & with_text == expected & matching("storm stormy")


def test_only_what_is_seen_is_found(library: None) -> None:
    seen = {row["id"] for row in rows() if VIEWER.sees(row["visibility"], row["status"], row["owner_id"])}
    for text in ("storm", "created:2026", "-storm", "storm OR is:mine"):
        assert matching(text, VIEWER) == seen & matching(text, READER)


def test_nobody_s_insights_are_not_those_of_whoever_has_no_account(library: None) -> None:
    assert (matching("is:mine"), matching("-is:mine")) == (set(), set(range(1, 31)))


@pytest.mark.parametrize(
    ("text", "simple", "tokens", "strict"),
    [
        ("storm ", True, "'storm'", False),
        ("storm night ", True, "('storm' | 'night')", True),
        ("the storm of night tag:x -café ", True, "('storm' | 'night')", True),
        ("tag:x AND storm ", True, "'storm'", False),
        ('"of night" storm ', True, "'night'", True),
        ("storm AND night ", False, "('storm' & 'night')", False),
        ("storm OR night ", False, "('storm' | 'night')", False),
        ("(storm night) OR retry ", False, "(('storm' | 'night') | 'retri')", True),
        ("storm OR tag:x ", False, None, False),
        ("storm OR -night ", False, None, False),
        ("tag:x ", False, None, False),
        ("-storm ", False, None, False),
        ("(storm OR night) retry ", False, "('storm' | 'night')", True),
        ("well-known ", True, "('well' & 'known')", False),
    ],
)
def test_how_a_query_is_compiled(library: None, text: str, simple: bool, tokens: str | None, strict: bool) -> None:
    query = of(text)
    assert (query.simple, query.tokens, query.strict != "true") == (simple, tokens, strict)


def test_conditions_that_must_hold_can_be_applied_early(library: None) -> None:
    fields = "tag:uber (is:mine OR has:tags OR is:draft) -(is:published)"
    query = of(f"storm {fields} -night ", READER)
    assert ids(query, query.filters) == matching(fields, READER) != matching("", READER)
    assert (of("storm tag:x OR is:mine ").filters, of("storm -night ").filters) == ("true", "true")


def test_of_many_documents_the_index_is_not_asked(library: None, owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("INSERT INTO search_terms VALUES ('storm', '{50001}')")
        connection.execute("INSERT INTO search_statistics VALUES (true, 50001, 80.5, 0)")
    frequent, rare = (
        matching_ids_sql(of(text), EVERYTHING, InsightFilter())[1] for text in ("storm ", "storm AND night")
    )
    assert ("tokens" in frequent, "tokens" in rare) == (False, True)
    assert matching("storm ") == matching("storm OR storms ")
