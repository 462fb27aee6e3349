"""Databases that hold something of everything, for the tests of what checks, keeps and restores all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import make_url

from app.attachments.store import Objects
from app.cli import cli
from app.config import Settings
from app.core.migrations import upgrade
from tests.conftest import built, libpq, owner_libpq, scratch_database

RECEIPT = "00000000-0000-0000-0000-000000000001"
FILE_ID, FILE = "00000000-0000-4000-8000-000000000001", "Plan: fünf Schritte\n".encode()
FILL = f"""
INSERT INTO users (kind, email, name, role, password_hash) VALUES
  ('person', 'ada@example.org', 'Ada', 'admin', 'x'), ('service', NULL, 'Robot', NULL, NULL);
INSERT INTO sessions (id, user_id, token_hash, expires_at, signed_in_with, ip)
  VALUES (gen_random_uuid(), 1, '\\x00ff', 'infinity', 'password', '2001:db8::1');
INSERT INTO api_tokens (user_id, name, token_hash, last4, scopes) VALUES (2, 'T', '\\x01', 'abcd', '{{a,"b c"}}');
INSERT INTO categories (name, slug) VALUES ('Technical', 'technical'), ('Process', 'process');
INSERT INTO categories (name, slug, parent_id) VALUES ('Databases', 'databases', 1);
INSERT INTO category_aliases (former_id, category_id, name, slug) VALUES (90, 1, 'Techie', 'techie');
INSERT INTO tags (name, slug, description) VALUES
  ('Incident', 'incident', E'tab\\tline\\nback\\\\slash'), ('Über', 'ueber', NULL), ('Docs', 'docs', '');
INSERT INTO tag_aliases (former_id, tag_id, name, slug) VALUES (91, 1, 'Outage', 'outage');
INSERT INTO import_runs (id, owner_id, format, file_name, file, status) VALUES
  (gen_random_uuid(), 1, 'csv', 'é.csv', '\\x00ff0a', 'draft');
INSERT INTO attachments (id, owner_id, name, media_type, size, sha256)
  VALUES ('{FILE_ID}', 1, 'Plan é.txt', 'application/octet-stream', {len(FILE)}, sha256('\\x{FILE.hex()}'));
INSERT INTO receipts (id, actor_kind, actor_name, action, request) VALUES ('{RECEIPT}', 'local', 'Ada', 'tag', '{{}}');
INSERT INTO insights (title, description, content, author, category_id, status, visibility, owner_id, metadata)
  SELECT 'Insight ' || n, 'About ' || n, repeat(E'A line of text.\\n', 20) || n, 'Ada', 1 + n % 3,
         (ARRAY['draft', 'published', 'archived'])[1 + n % 3], 'INTERNAL', 1, jsonb_build_object('n', n, 'é', E'\\\\.')
  FROM generate_series(1, 12) n;
UPDATE insights SET content = content || E'\n[Plan](/attachments/{FILE_ID}/plan.txt)' WHERE id = 7;
INSERT INTO insight_tags SELECT id, 1 + id % 3 FROM insights;
UPDATE insights SET content = replace(content, 'line', 'row') || ' end', title = title || '!' WHERE id <= 6;
UPDATE insights SET content = content || E'\\nmore', description = repeat('Long. ', 40) WHERE id <= 4;
UPDATE insights SET description = 'Short.', content = NULL WHERE id = 4;
SELECT set_config('insights.act', '{{"actor_kind": "local", "actor_name": "Ada", "receipt_id": "{RECEIPT}"}}', false);
INSERT INTO insight_tags SELECT id, 1 + (id + 1) % 3 FROM insights WHERE id <= 3;
SELECT set_config('insights.act', '', false);
INSERT INTO insight_trash (id, version, public_id, title, description, content, author, category_id, priority, status,
    visibility, metadata, owner_id, created_at, updated_at, published_at, tag_ids, trashed_by)
  SELECT id, version, public_id, title, description, content, author, category_id, priority, status, visibility,
         metadata, owner_id, created_at, updated_at, published_at, '{{1}}', 'Ada' FROM insights WHERE id IN (3, 12);
DELETE FROM insights WHERE id IN (3, 12);
INSERT INTO audit_log (at, actor_kind, actor_name, verb, outcome, diff) VALUES
  ('2020-01-01Z', 'system', 'upkeep', 'old', 'done', NULL),
  (now(), 'local', 'Ada', 'insight.create', 'done', '{{"a": 1}}');
INSERT INTO idempotency_keys (caller, key, digest, status, headers, body)
  VALUES ('user:1', 'k', '\\x02', 201, '{{}}', '\\x7b7d');
INSERT INTO search_terms (term, documents) VALUES ('line', '{{8,2}}');
INSERT INTO search_statistics (documents, average_length, changes) VALUES (10, 81.5, 30);
INSERT INTO saved_searches (owner_id, name, query, shared, feed_key_hash)
  VALUES (1, 'Mine', 'tag:incident -done', true, '\\x03');
INSERT INTO search_log (query, results, matched, opened, searcher)
  VALUES ('línes', 8, 'words', '{{5,7}}', '\\x04');
INSERT INTO working_copies (id, owner_id, insight_id, base_version, fields)
  VALUES ('00000000-0000-0000-0000-000000000002', 1, 2, 1, '{{"title": "Not säved", "content": "A\\nB"}}');
INSERT INTO content_templates (owner_id, name, shared, fields) VALUES (1, 'Postmortem', true, '{{"tags": "Incident"}}');
SELECT counts_fold();
UPDATE insights SET priority = 'high' WHERE id = 5;
"""
TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace IN ('public'::regnamespace, to_regnamespace('audit')) AND relkind IN ('r', 'p') ORDER BY 1"""
SEQUENCES = "SELECT schemaname, sequencename FROM pg_sequences ORDER BY 1, 2"
OURS = "('public'::regnamespace, to_regnamespace('audit'))"
# Without the words of conditions: PostgreSQL writes what it reads back with other casts.
SCHEMA = f"""
SELECT 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull::text
  FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
  WHERE relnamespace IN {OURS} AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, contype::text,
  CASE WHEN contype <> 'c' THEN pg_get_constraintdef(oid) END FROM pg_constraint
  WHERE connamespace IN {OURS} AND contype <> 'n'
UNION ALL SELECT 'index', tablename::text, indexname, indexdef, '' FROM pg_indexes
  WHERE schemaname IN ('public', 'audit')
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, tgfoid::regproc::text, tgtype || tgenabled::text
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', '', oid::regprocedure::text, prosrc, proacl::text FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) = current_user
UNION ALL SELECT 'relation', relkind::text, oid::regclass::text, pg_get_userbyid(relowner)::text, relacl::text
  FROM pg_class WHERE relnamespace IN {OURS} AND relkind IN ('r', 'p', 'v', 'S')
ORDER BY 1, 2, 3, 4"""


@contextmanager
def filled_database(settings: Settings) -> Iterator[Settings]:
    """Settings that name a migrated database with something in every table. Nothing is connected to it."""
    with scratch_database(settings) as scratch:
        with built(scratch, serves=False) as app:
            upgrade(app)
        with psycopg.connect(owner_libpq(scratch), autocommit=True) as connection:
            for statement in FILL.strip().removesuffix(";").split(";\n"):  # each a transaction of its own
                connection.execute(statement.encode())
        keep_file(scratch)
        yield scratch


def keep_file(settings: Settings) -> None:
    """Put the bytes of the attached file into the store of an instance."""
    Objects(settings).keep(FILE)


@contextmanager
def copy_of(filled: Settings) -> Iterator[Settings]:
    """Settings that name a copy of a database that nothing is connected to, dropped in the end."""
    name, template = f"insights_copy_{uuid4().hex[:12]}", make_url(owner_libpq(filled)).database

    def renamed(url: str) -> str:
        return make_url(url).set(database=name).render_as_string(hide_password=False)

    maintenance = make_url(owner_libpq(filled)).set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        try:
            yield filled.with_servers(renamed(libpq(filled)), filled.redis_url, renamed(owner_libpq(filled)))
        finally:
            connection.execute(f"DROP DATABASE {name}".encode())


def everything(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, every sequence, and the schema with its rights."""
    with psycopg.connect(owner_libpq(settings)) as owner:
        tables = [name for (name,) in owner.execute(TABLES)]
        rows = {name: owner.execute(f"SELECT t::text FROM {name} t ORDER BY 1".encode()).fetchall() for name in tables}
        sequences = [f"{schema}.{name}" for schema, name in owner.execute(SEQUENCES)]
        states = {
            name: owner.execute(f"SELECT last_value, is_called FROM {name}".encode()).fetchall() for name in sequences
        }
        return {**rows, **states, "schema": owner.execute(SCHEMA).fetchall()}


def invoke(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    *arguments: object,
    typed: str | None = None,
    makes_key: bool = False,
) -> Result:
    """Call a command of ``insights`` on the database and in the instance folder of the settings.

    With ``makes_key`` the instance is as new as one without a secret, for which reading the settings makes one.
    """
    from app import verification
    from app.backup import cli as backup

    @contextmanager
    def application(instance: object, migrated: bool = True, **_: object) -> Iterator[Flask]:
        if makes_key:
            (settings.instance / "secret_key").write_text(settings.secret_key)
        with built(settings, serves=False) as app:
            if migrated:
                upgrade(app)
            with app.app_context():
                yield app

    for module in (backup, verification):
        monkeypatch.setattr(module, "application", application)
    told = {"INSIGHTS_INSTANCE": str(settings.instance), "SECRET_KEY": settings.secret_key}
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env=told, input=typed)
