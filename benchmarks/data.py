"""The data that is measured: insights over a Zipf vocabulary, a category tree, tags, three tags for each insight."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice

import psycopg

CATEGORIES, TAGS, TAGS_EACH = 200, 500, 3
VOCABULARY = 40_000
TITLE, DESCRIPTION, CONTENT = 8, 26, 200
WORDS = TITLE + DESCRIPTION + CONTENT
AUTHORS = 300
STATUSES = ("published", "draft", "archived")
PRIORITIES = ("low", "medium", "high", "critical")
PERIOD = timedelta(days=3 * 365)
RARE = 0.01
SYLLABLES = [first + second for first in "bcdfgklmnprstvz" for second in ("a", "e", "i", "o", "u", "an", "or", "el")]

COLUMNS = (
    "title, description, content, source, author, category_id, priority, status, created_at, updated_at, published_at"
)
FIRST_OF_LEVELS = (1, 9, 41, 121)


@dataclass(frozen=True, slots=True)
class Data:
    """What the workloads need to know of it: insights have the ids 1 to ``insights``."""

    insights: int
    rare_word: str
    category_id: int


class Writer:
    """Texts are slices of one long stream of words, so that 100,000 of them cost a second."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.vocabulary = list(dict.fromkeys(islice(_words(self.random), 2 * VOCABULARY)))[:VOCABULARY]
        weights = list(accumulate(1 / rank for rank in range(1, len(self.vocabulary) + 1)))
        self.stream = self.random.choices(self.vocabulary, cum_weights=weights, k=2_000_000)

    def texts(self) -> list[str]:
        """Title, description and content."""
        start = self.random.randrange(len(self.stream) - WORDS)
        ends = (0, TITLE, TITLE + DESCRIPTION, WORDS)
        return [" ".join(self.stream[start + ends[part] : start + ends[part + 1]]) for part in range(3)]

    def row(self, created_at: datetime) -> tuple[object, ...]:
        """Columns of `COLUMNS`."""
        status = self.random.choices(STATUSES, (60, 30, 10))[0]
        published_at = None if status == "draft" else created_at + timedelta(hours=self.random.randrange(1, 500))
        author = f"Author {self.random.randrange(AUTHORS)}"
        priority = self.random.choice(PRIORITIES)
        return (
            *self.texts(), "Benchmark", author, self.category(), priority, status, created_at, created_at, published_at,
        )  # fmt: skip

    def category(self) -> int:
        """Some categories hold many more insights than others."""
        return int(CATEGORIES * self.random.random() ** 2) + 1

    def tags(self) -> list[int]:
        return self.random.sample(range(1, TAGS + 1), TAGS_EACH)


def fill(url: str, insights: int) -> Data:
    """Fill an empty, migrated database (libpq URL); a minute for 100,000 insights."""
    writer = Writer()
    found: Counter[str] = Counter()
    with psycopg.connect(url) as connection, _search_indexes_later(connection):
        connection.execute(
            "INSERT INTO categories (name, slug, parent_id) SELECT 'Category ' || n, 'category-' || n, parent"
            " FROM unnest(%s::int[]) WITH ORDINALITY AS given(parent, n)",
            ([parent(number) for number in range(1, CATEGORIES + 1)],),
        )
        connection.execute(
            "INSERT INTO tags (name, slug) SELECT 'Tag ' || n, 'tag-' || n FROM generate_series(1, %s) n", (TAGS,)
        )
        with connection.cursor().copy(f"COPY insights ({COLUMNS}) FROM STDIN") as copy:
            for row in _rows(writer, insights):
                copy.write_row(row)
                found.update({word for text in row[:3] for word in str(text).split()})
        with connection.cursor().copy("COPY insight_tags (insight_id, tag_id) FROM STDIN") as copy:
            for insight_id in range(1, insights + 1):
                for tag_id in writer.tags():
                    copy.write_row((insight_id, tag_id))
    settle(url)
    rare_word = min(found, key=lambda word: (abs(found[word] - RARE * insights), word))
    return Data(insights, rare_word, category_id=CATEGORIES // 10)


@contextmanager
def _search_indexes_later(connection: psycopg.Connection) -> Iterator[None]:
    """Built in one go afterwards: twice as fast as row by row."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%USING gin%'"
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    for _, definition in found:
        connection.execute(definition.encode())


def settle(url: str) -> None:
    """Fold the counts and give the planner its statistics."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT counts_fold()")
        connection.execute("VACUUM ANALYZE")


def _rows(writer: Writer, insights: int) -> Iterator[tuple[object, ...]]:
    newest = datetime.now(UTC)
    for number in range(1, insights + 1):
        yield writer.row(newest - PERIOD * (1 - number / insights))


def parent(number: int) -> int | None:
    """Four levels of 8, 32, 80 and 80 categories."""
    level = max(place for place, first in enumerate(FIRST_OF_LEVELS) if number >= first)
    if level == 0:
        return None
    first, last = FIRST_OF_LEVELS[level - 1], FIRST_OF_LEVELS[level]
    return first + (number - last) % (last - first)


def _words(chance: random.Random) -> Iterator[str]:
    while True:
        yield "".join(chance.choices(SYLLABLES, k=chance.randrange(2, 5)))
