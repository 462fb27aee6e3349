"""How good the first hits are: the product's own search over a judged collection, beside a plain BM25 in memory.

``python -m benchmarks.relevance FOLDER`` reads ``documents.jsonl`` (id, title, text), ``queries.jsonl`` (id, text) and
``judgements.tsv`` (query, document, relevance; no heading) and prints nDCG@10, MRR@10 and recall@100. The collection is
loaded into servers of its own. BM25 gets the same words as the product, stemmed and without stop words.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log, log2
from pathlib import Path
from statistics import fmean

import psycopg
from psycopg.rows import namedtuple_row

from app import create_app
from app.identity.audience import EVERYTHING
from app.insights.queries.listing import InsightFilter
from app.search.commands.refreshing import refresh
from app.search.language.parser import parse
from app.search.queries.conditions import compiled
from app.search.queries.ranking import ranked
from app.search.queries.words import understand
from benchmarks.database import libpq, throwaway_servers

FIRST, DEEP = 10, 100
K1, B = 1.2, 0.75
LONGEST_TITLE = 500
STEMS = """
SELECT number, array_agg(stem.lexeme) FILTER (WHERE stem.lexeme IS NOT NULL) AS stems
FROM unnest(%s::text[]) WITH ORDINALITY AS given(text, number)
LEFT JOIN LATERAL (SELECT lexeme, unnest(positions)
                   FROM unnest(to_tsvector('pg_catalog.english', folded(given.text)))) stem ON true
GROUP BY number ORDER BY number"""

Search = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Collection:
    """``documents`` and ``queries`` by id; ``judgements``: for each query, how relevant which document is."""

    documents: Mapping[str, tuple[str, str]]
    queries: Mapping[str, str]
    judgements: Mapping[str, Mapping[str, float]]

    @classmethod
    def read(cls, folder: Path) -> "Collection":
        judgements: dict[str, dict[str, float]] = defaultdict(dict)
        for line in (folder / "judgements.tsv").read_text(encoding="utf-8").splitlines():
            query, document, relevance = line.split("\t")
            judgements[query][document] = float(relevance)
        documents = {row["id"]: (row.get("title") or "", row["text"]) for row in _rows(folder / "documents.jsonl")}
        return cls(documents, {row["id"]: row["text"] for row in _rows(folder / "queries.jsonl")}, judgements)


@dataclass(frozen=True)
class Quality:
    """Means over all queries with a relevant document."""

    ndcg: float
    mrr: float
    recall: float


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield {**row, "id": str(row["id"])}


def load(url: str, collection: Collection) -> None:
    """The texts as contents of insights; the ids as their external keys."""
    columns = "external_key, title, description, content, author"
    with psycopg.connect(url) as connection, connection.cursor().copy(f"COPY insights ({columns}) FROM STDIN") as copy:
        for key, (title, text) in collection.documents.items():
            copy.write_row((key, title.strip()[:LONGEST_TITLE] or "-", "-", text, "-"))


def product(url: str) -> Search:
    """The search of the product, as it answers an administrator."""
    with psycopg.connect(url) as connection:
        keys = dict(connection.execute("SELECT id, external_key FROM insights").fetchall())

    def search(text: str) -> Sequence[str]:
        understood = understand(EVERYTHING, parse(text, datetime.now(UTC)))
        ranking = ranked(EVERYTHING, understood, compiled(understood, EVERYTHING), InsightFilter(), DEEP)
        return [keys[hit.insight_id] for hit in ranking.hits[:DEEP]]

    return search


def stems(url: str, texts: Sequence[str]) -> list[list[str]]:
    """The words of texts as the database sees them, as often as they occur."""
    with psycopg.connect(url, row_factory=namedtuple_row) as connection:
        return [row.stems or [] for row in connection.execute(STEMS, (list(texts),))]


def bm25(url: str, documents: Mapping[str, tuple[str, str]]) -> Search:
    """Okapi's formula over title and text together."""
    frequencies = [Counter(words) for words in stems(url, [" ".join(document) for document in documents.values()])]
    lengths = [sum(words.values()) for words in frequencies]
    mean = fmean(lengths) or 1.0
    having = Counter(word for words in frequencies for word in words)
    postings: dict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(frequencies):
        for word in words:
            postings[word].append(number)
    keys = list(documents)

    def search(text: str) -> Sequence[str]:
        scores: Counter[int] = Counter()
        for word in stems(url, [text])[0]:
            rarity = log(1 + (len(keys) - having[word] + 0.5) / (having[word] + 0.5))
            for number in postings[word]:
                often = frequencies[number][word]
                part = often * (K1 + 1) / (often + K1 * (1 - B + B * lengths[number] / mean))
                scores[number] += rarity * part  # type: ignore[assignment]
        return [keys[number] for number, _ in scores.most_common(DEEP)]

    return search


def quality(search: Search, collection: Collection) -> Quality:
    """Of a search, over the queries that have a relevant document."""
    found = [_of_one(search(text), collection.judgements[query]) for query, text in collection.queries.items()
             if any(relevance > 0 for relevance in collection.judgements.get(query, {}).values())]  # fmt: skip
    return Quality(*(fmean(values) for values in zip(*found, strict=True)))


def _of_one(hits: Sequence[str], relevance: Mapping[str, float]) -> tuple[float, float, float]:
    gains = [max(relevance.get(hit, 0.0), 0.0) for hit in hits]
    ideal = sorted((gain for gain in relevance.values() if gain > 0), reverse=True)
    first = next((1 / place for place, gain in enumerate(gains[:FIRST], 1) if gain), 0.0)
    return _dcg(gains) / _dcg(ideal), first, sum(gain > 0 for gain in gains) / len(ideal)


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains[:FIRST], 1))


def main(folder: Path) -> None:
    collection = Collection.read(folder)
    with throwaway_servers() as settings, create_app(settings, serves=False).app_context():
        url = libpq(settings)
        load(url, collection)
        refresh()
        print(f"{len(collection.documents)} documents, {len(collection.queries)} queries")
        for name, search in {"insights": product(url), "BM25 in memory": bm25(url, collection.documents)}.items():
            found = quality(search, collection)
            print(f"{name:15} nDCG@10 {found.ndcg:.4f}  MRR@10 {found.mrr:.4f}  recall@100 {found.recall:.4f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
