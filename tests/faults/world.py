"""What is there before a write: something of everything that writes touch."""

import psycopg

from app.identity.secrets import hashed
from app.insights.commands.trashing import MOVE
from app.taxonomy.seeds import CATEGORIES, TAGS
from tests.conftest import EMPTY
from tests.faults.states import FIRST_NEW_ID

EDITORS_TOKEN = "ins_of_the_editor"

WORLD = """
INSERT INTO users (id, kind, email, name, role) VALUES
    (1, 'person', 'admin@example.org', 'Admin', 'admin'), (2, 'person', 'editor@example.org', 'Editor', 'editor');
INSERT INTO categories (id, name, slug) VALUES
    (1, 'Technical', 'technical'), (2, 'Process', 'process'), (4, 'Empty', 'empty');
INSERT INTO categories (id, name, slug, parent_id) VALUES (3, 'Databases', 'databases', 1);
INSERT INTO tags (id, name, slug) VALUES
    (1, 'Incident', 'incident'), (2, 'Lesson', 'lesson'), (3, 'Lessons', 'lessons'), (4, 'Unused', 'unused');
INSERT INTO insights (id, title, description, author, status, visibility, category_id, owner_id, external_key) VALUES
    (1, 'Indexes', 'Why and when.', 'Ada', 'published', 'PUBLIC', 3, 2, 'KB-1'),
    (2, 'Locks', 'In one order.', 'Ada', 'published', 'INTERNAL', 3, 2, NULL),
    (3, 'A draft', 'To be.', 'Grace', 'draft', 'INTERNAL', 2, 2, NULL),
    (4, 'A note', 'For me.', 'Ada', 'published', 'RESTRICTED', 2, 1, NULL),
    (5, 'Thrown away', 'By mistake.', 'Grace', 'draft', 'INTERNAL', NULL, 2, NULL);
INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1), (1, 2), (2, 3), (2, 2), (3, 3), (5, 1);
INSERT INTO saved_searches (id, name, query, feed_key_hash) VALUES (1, 'Incidents', 'tag:incident', 'hash');
UPDATE insights SET title = 'Indexes and plans', description = 'Why, when and which.' WHERE id = 1;
"""
STANDARD = """
INSERT INTO {table} (id, name, slug)
SELECT 9 + n, name, slug FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS standard(name, slug, n)
WHERE NOT EXISTS (SELECT FROM {table} there WHERE there.slug = standard.slug)"""
TRASH = MOVE.text.replace(":trashed_by", "'Admin'").replace(":ids", "'{5}'")
SEQUENCES = ("insights", "tags", "categories", "users", "api_tokens", "audit_log", "one_time_links", "saved_searches")


def build(connection: psycopg.Connection) -> None:
    """Make this and nothing else be there. Its ids are below 100; what comes later has ids from `FIRST_NEW_ID` on."""
    connection.execute(EMPTY)
    connection.execute(WORLD)
    for table, standard in (("categories", CATEGORIES), ("tags", TAGS)):
        there = standard[:-1]  # seeding is to find one missing
        named = [[each[field] for each in there] for field in ("name", "slug")]
        connection.execute(STANDARD.format(table=table).encode(), named)
    connection.execute(TRASH.encode())
    connection.execute(
        "INSERT INTO api_tokens (user_id, name, token_hash, last4) VALUES (2, 'editor', %s, '----')",
        (hashed(EDITORS_TOKEN),),
    )
    for table in SEQUENCES:
        connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {FIRST_NEW_ID})".encode())
