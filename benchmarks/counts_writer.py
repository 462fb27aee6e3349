"""A writer that does, in random order, everything that may change a count; many of them work on the same few rows."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
from psycopg import IsolationLevel, errors

STATUSES = ("draft", "published", "archived")
PRIORITIES = ("low", "medium", "high", "critical")
VISIBILITIES = ("PUBLIC", "INTERNAL", "RESTRICTED", "ANONYMISED")
# Most applications run in READ COMMITTED; the counts are exact in the others as well.
ISOLATION = (*(IsolationLevel.READ_COMMITTED,) * 8, IsolationLevel.REPEATABLE_READ, IsolationLevel.SERIALIZABLE)
ATTEMPTS = 200
CATEGORY_CYCLE = "categories_no_cycle"


class AbandonedError(Exception):
    """Taken back on purpose: what was counted must go with it."""


@dataclass
class Tally:
    """What writers did."""

    operations: Counter[str] = field(default_factory=Counter)
    deadlocks: int = 0
    serialisation_failures: int = 0
    cycles_refused: int = 0

    def add(self, other: "Tally") -> None:
        self.operations.update(other.operations)
        self.deadlocks += other.deadlocks
        self.serialisation_failures += other.serialisation_failures
        self.cycles_refused += other.cycles_refused


class Writer:
    """One connection doing random operations, each in a transaction that is tried again after a lost race."""

    def __init__(self, url: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.connection = psycopg.connect(url, application_name=f"writer {seed}")
        self.tally = Tally()
        self.categories = [row[0] for row in self.connection.execute("SELECT id FROM categories ORDER BY id")]
        self.tags = [row[0] for row in self.connection.execute("SELECT id FROM tags ORDER BY id")]
        self.connection.rollback()
        self.choices: dict[Callable[[], None], int] = {
            self.create: 30,
            self.retag: 14,
            self.recategorise: 9,
            self.publish: 10,
            self.archive: 6,
            self.change_visibility: 8,
            self.reschedule: 3,
            self.delete: 7,
            self.move_category: 4,
            self.two_insights: 4,
            self.two_effects: 3,
            self.bulk: 1,
            self.savepoint: 2,
            self.replace_tag: 1,
            self.meddle: 1,
        }

    def run(self, operations: int) -> Tally:
        with self.connection:
            for _ in range(operations):
                (operation,) = self.random.choices(list(self.choices), weights=list(self.choices.values()))
                self._attempt(operation)
        return self.tally

    def _attempt(self, operation: Callable[[], None]) -> None:
        self.connection.isolation_level = self.random.choice(ISOLATION)
        for _ in range(ATTEMPTS):
            try:
                with self.connection.transaction():
                    operation()
                self.tally.operations[operation.__name__] += 1
                return
            except errors.DeadlockDetected:
                self.tally.deadlocks += 1
            except errors.SerializationFailure:
                self.tally.serialisation_failures += 1
            except errors.ForeignKeyViolation:  # somebody deleted the insight or the tag meanwhile: choose others
                pass
            except errors.CheckViolation as error:
                if error.diag.constraint_name != CATEGORY_CYCLE:
                    raise
                self.tally.cycles_refused += 1
                return
            except AbandonedError:
                self.tally.operations["abandoned"] += 1
                return
            time.sleep(self.random.uniform(0, 0.01))
        raise AssertionError(f"{operation.__name__} lost {ATTEMPTS} races")

    def create(self) -> None:
        insight = self._insert()
        self._link(insight, self._some_tags(0, 4))
        if self.random.random() < 0.05:
            raise AbandonedError

    def retag(self) -> None:
        insight = self._some_insight()
        if self.random.random() < 0.5:  # the application updates the insight first, others may not
            self._execute("UPDATE insights SET title = title || '.' WHERE id = %s AND length(title) < 400", insight)
        self._execute("DELETE FROM insight_tags WHERE insight_id = %s", insight)
        self._link(insight, self._some_tags(0, 4))

    def recategorise(self) -> None:
        category = self.random.choice([None, *self.categories])
        self._execute("UPDATE insights SET category_id = %s WHERE id = %s", category, self._some_insight())

    def publish(self) -> None:
        self._execute("UPDATE insights SET status = 'published' WHERE id = %s", self._some_insight())

    def archive(self) -> None:
        status = self.random.choice(("archived", "draft"))
        self._execute("UPDATE insights SET status = %s WHERE id = %s", status, self._some_insight())

    def change_visibility(self) -> None:
        visibility, priority = self.random.choice(VISIBILITIES), self.random.choice(PRIORITIES)
        self._execute(
            "UPDATE insights SET visibility = %s, priority = %s WHERE id = %s",
            visibility,
            priority,
            self._some_insight(),
        )

    def reschedule(self) -> None:
        self._execute(
            "UPDATE insights SET published_at = created_at + %s * interval '1 second' WHERE id = %s",
            self.random.randrange(10**6),
            self._some_insight(),
        )

    def delete(self) -> None:
        self._execute("DELETE FROM insights WHERE id = %s", self._some_insight())

    def move_category(self) -> None:
        parent = self.random.choice([None, *self.categories])
        self._execute("UPDATE categories SET parent_id = %s WHERE id = %s", parent, self.random.choice(self.categories))

    def two_insights(self) -> None:
        """Links before insights and two insights in any order: what an application should not do."""
        first, second = self._some_insight(), self._some_insight()
        self._link(first, self._some_tags(1, 2))
        self._execute("UPDATE insights SET status = 'published' WHERE id = %s", second)
        self._execute("DELETE FROM insight_tags WHERE insight_id = %s", second)
        self._execute("UPDATE insights SET status = 'archived' WHERE id = %s", first)

    def two_effects(self) -> None:
        status, visibility = self.random.choice(STATUSES), self.random.choice(VISIBILITIES)
        self._execute(
            """
            WITH target AS MATERIALIZED (SELECT %s::integer AS id),
                 unlinked AS (DELETE FROM insight_tags WHERE insight_id = (SELECT id FROM target) AND tag_id %% 2 = 0)
            UPDATE insights SET status = %s, visibility = %s WHERE id = (SELECT id FROM target)
            """,
            self._some_insight(),
            status,
            visibility,
        )

    def bulk(self) -> None:
        self._execute(
            "UPDATE insights SET status = %s WHERE id BETWEEN %s AND %s",
            self.random.choice(STATUSES),
            insight := self._some_insight() or 0,
            insight + 20,
        )

    def savepoint(self) -> None:
        insight = self._insert()
        with self.connection.transaction(force_rollback=True):
            self._link(insight, self._some_tags(1, 3))
            self._execute("UPDATE insights SET status = 'published' WHERE id = %s", insight)
        self._link(insight, self._some_tags(1, 3))

    def replace_tag(self) -> None:
        """Delete a tag with all its links and make it again, under the same id."""
        tag = self.random.choice(self.tags)
        self._execute("DELETE FROM tags WHERE id = %s", tag)
        self._execute(
            "INSERT INTO tags (id, name, slug) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            tag,
            f"Tag {tag}",
            f"tag-{tag}",
        )

    def meddle(self) -> None:
        """Write the columns that only the counting may write."""
        self._execute("UPDATE tags SET usage_count = 999 WHERE id = %s", self.random.choice(self.tags))
        self._execute("UPDATE insight_tags SET counted_status = 'archived' WHERE insight_id = %s", self._some_insight())

    def _insert(self) -> int:
        row = self.connection.execute(
            """
            INSERT INTO insights (title, description, author, category_id, priority, status, visibility)
            VALUES ('A', 'B', 'C', %s, %s, %s, %s) RETURNING id
            """,
            (
                self.random.choice([None, *self.categories]),
                self.random.choice(PRIORITIES),
                self.random.choice(STATUSES),
                self.random.choice(VISIBILITIES),
            ),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def _link(self, insight: int | None, tags: list[int]) -> None:
        if insight is not None:
            self._execute(
                "INSERT INTO insight_tags (insight_id, tag_id) SELECT %s, unnest(%s::integer[]) ON CONFLICT DO NOTHING",
                insight,
                tags,
            )

    def _some_tags(self, least: int, most: int) -> list[int]:
        """The first tags far more often than the last: everybody needs the same popular ones."""
        count = self.random.randint(least, most)
        ranks = [int(len(self.tags) * self.random.random() ** 3) for _ in range(count)]
        return [self.tags[rank] for rank in ranks]

    def _some_insight(self) -> int | None:
        """One of the newest 200 as a rule, so that writers meet."""
        row = self.connection.execute(
            "SELECT id FROM insights ORDER BY id DESC OFFSET %s LIMIT 1", (self.random.randrange(200),)
        ).fetchone()
        return int(row[0]) if row else None

    def _execute(self, statement: str, *parameters: object) -> None:
        self.connection.execute(statement.encode(), parameters)
