"""Something of everything that pages show, with texts of the test's own in every field that people write."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from app.attachments.commands.attaching import attach
from app.core.db import transact
from app.curation.commands.bulk import change_many
from app.curation.commands.merging_tags import merge_tag
from app.exchange.running import claimed, run
from app.exchange.uploads import upload
from app.identity.acting import acting
from app.identity.actor import Kind, known_actor
from app.identity.permissions import Role
from app.insights.commands.trashing import delete_insight
from app.insights.commands.updating import update_insight
from tests.browser.conftest import Live

CURATOR = "stock@example.org"
# Of the one working copy. The ids of the rest count from 1.
COPY = UUID("00000000-0000-0000-0000-00000000c001")
CATEGORY = """
INSERT INTO categories (name, slug, description, color, icon, parent_id) VALUES (%s, %s, %s, '#3B82F6', %s, %s)"""
TAG = "INSERT INTO tags (name, slug, description, color) VALUES (%s, %s, %s, '#10B981')"
INSIGHT = """
INSERT INTO insights (title, description, content, source, author, category_id, priority, status, visibility, metadata,
  owner_id, external_key, created_at, updated_at)
VALUES (%(title)s, %(text)s, %(content)s, %(source)s, %(author)s, %(category)s,
  (ARRAY['low', 'medium', 'high', 'critical'])[1 + %(n)s %% 4],
  (ARRAY['draft', 'published', 'published', 'archived'])[1 + %(n)s %% 4], 'INTERNAL', %(metadata)s, 1, %(key)s,
  now() - %(n)s * interval '3 days', now() - %(n)s * interval '3 days')"""
CONTENT = """# {text}

{text}

- [ ] {text}

| {text} | b |
|---|---|
| {text} | c |

```html
{text}
```
"""


class Stock:
    """Fills the tables of a live application whose first person is the curator. ``texts`` are what people wrote: the
    first insight has the first one in each of its fields, and so on."""

    def __init__(self, live: Live, owner_url: str, texts: Sequence[str]) -> None:
        self.live, self.texts = live, texts
        self.curator = live.person(CURATOR, texts[0][:100], "admin")
        with psycopg.connect(owner_url, autocommit=True) as connection:
            self._write(connection)
        self.receipts: list[UUID] = []
        with live.app.app_context(), acting(known_actor(Kind.PERSON, texts[0][:100], self.curator, [Role.ADMIN])):
            self._act()
        with psycopg.connect(owner_url, autocommit=True) as connection:
            self.receipts = [key for (key,) in connection.execute("SELECT id FROM receipts ORDER BY at DESC")]
            self.runs = [key for (key,) in connection.execute("SELECT id FROM import_runs ORDER BY id")]

    def _write(self, connection: psycopg.Connection) -> None:
        for number, text in enumerate(self.texts, start=1):
            parent = number - 1 if number > 1 and number % 3 else None
            slug = f"slug-{number}"
            connection.execute(CATEGORY, (f"{number} {text}"[:100], slug, text, text[:50], parent))
            connection.execute(TAG, (f"{number} {text}"[:50], slug, text))
            connection.execute(INSIGHT, self._insight(number, text))
            connection.execute("INSERT INTO insight_tags VALUES (%s, %s)", (number, number))
            connection.execute(
                "INSERT INTO saved_searches (owner_id, name, query, shared) VALUES (1, %s, %s, true)",
                (f"{number} {text}"[:100], text),
            )
            connection.execute(
                "INSERT INTO content_templates (owner_id, name, shared, fields) VALUES (1, %s, true, %s)",
                (f"{number} {text}"[:100], Jsonb(self._fields(text))),
            )
            connection.execute(
                "INSERT INTO search_log (query, results, searcher) VALUES (%s, 0, %s)", (text, bytes([number]))
            )
        connection.execute(
            "INSERT INTO working_copies (id, owner_id, fields) VALUES (%s, 1, %s)",
            (COPY, Jsonb(self._fields(" ".join(self.texts)[:500]))),
        )

    def _insight(self, number: int, text: str) -> dict[str, Any]:
        return {
            "n": number,
            "title": text[:500],
            "text": text,
            "content": CONTENT.format(text=text),
            "source": text[:255],
            "author": text[:255],
            "category": number,
            "metadata": Jsonb({text: [text, {"n": text}]}),
            "key": f"{number} {text}"[:255],
        }

    def _fields(self, text: str) -> dict[str, str]:
        names = ("title", "description", "content", "source", "author", "tags")
        return dict.fromkeys(names, text)

    def _act(self) -> None:
        """A second revision, acts with receipts, the trash, a file, an import that was tried out."""
        first, last = self.texts[0], len(self.texts)
        transact(update_insight, 1, {"title": first[:400] + " 2", "content": f"{first} {first}", "source": None})
        transact(change_many, {"action": "tag", "ids": [1, 2], "tags": [first[:50]], "message": first})
        transact(merge_tag, last, 1, None, first[:500])
        transact(delete_insight, last, None, first[:500])
        transact(attach, f"{first}.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 32)
        file = StringIO()
        csv.writer(file).writerows([("title", "description", "priority"), *((text, "", text) for text in self.texts)])
        transact(upload, f"{first[:40].replace('/', '')}.csv", file.getvalue().encode(), "draft")
        run(claimed())
