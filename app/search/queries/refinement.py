"""A second look at the best hits: what they have in common, the exact forms, and signals beside the text.

The words that weigh most in the first five hits are looked for in the first 100: who has them is about the same thing
("pseudo-relevance feedback"). The other parts are small: they order what is about equal.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.core.db import read_rows
from app.search.language.tree import Phrase, Word, wanted_text
from app.search.queries.candidates import SATURATED, TITLE_WEIGHT, Wish, rarity
from app.search.queries.scoring import FREQUENCY, SHORTENED
from app.search.queries.tiers import counted_now, lexeme
from app.search.queries.tsquery import quoted
from app.search.queries.words import Understood

REFINED = 100
# Feedback: from how many hits, how many stems, and their share of a score.
RELEVANT, STEMS, SHARE = 5, 20, 0.35
# A hit that is much worse than the best is trusted much less.
TRUST = 6
CONSIDERED = 400
# Stems of more than this part of the documents say nothing.
TOO_COMMON = 0.2
# What a word in the very form that was typed adds of its score.
EXACT = 0.15
# In bytes: Postgres stores no longer word, and refuses to look for one.
LONGEST_WORD = 2_046
# What being published, and being new, add of the score; half of the latter is gone after a year.
PUBLISHED, RECENT = 0.01, 0.01

IMPACT = f"{SATURATED} * f / (f + k)"
RANK = "ts_rank('{weights}', {vector}, {query})::float8"

FEEDBACK = f"""
stem AS MATERIALIZED (
  SELECT ({lexeme("used.lexeme")})::tsquery AS query, used.share * used.rarity AS weight, used.rarity FROM (
    SELECT said.lexeme, said.share, ln(1 + (CAST(:documents AS integer) - term.n + 0.5) / (term.n + 0.5)) AS rarity
    FROM (
      SELECT stem.lexeme, sum(trust.part * cardinality(stem.positions) / d.length) AS share
      FROM unnest(CAST(:relevant AS int[]), CAST(:trusted AS float8[])) AS trust(id, part)
      JOIN search_documents d ON d.insight_id = trust.id CROSS JOIN unnest(d.stems) stem
      GROUP BY stem.lexeme ORDER BY share DESC, stem.lexeme LIMIT {CONSIDERED}) said
    CROSS JOIN LATERAL ({{counted}}) term(n)
    WHERE term.n BETWEEN 2 AND :too_common) used
  ORDER BY weight DESC, used.lexeme LIMIT :stems)"""
# Before upkeep comes to it, a stem is counted now, up to where it would be too common anyway.
COUNTED_BEFORE = "SELECT documents[1] FROM search_terms WHERE term = said.lexeme"
COUNTED_NOW = "SELECT " + counted_now(f"({lexeme('said.lexeme')})::tsquery", ":too_common + 1")
SIMILAR = f"""
(SELECT sum(weight * rarity * {IMPACT}) / sum(weight) FROM (
  SELECT weight, rarity, {SHORTENED} AS k, {{anywhere}} + {TITLE_WEIGHT - 1} * ({{in_title}}) AS f FROM (
    SELECT stem.weight, stem.rarity, {{rank}} AS a, {{title}} AS t FROM stem OFFSET 0) ranked OFFSET 0) counted)"""
WRITTEN = f"""
(SELECT sum(rarity * {IMPACT}) FROM (
  SELECT rarity, {SHORTENED} AS k, {{anywhere}} AS f FROM (
    SELECT form.rarity, {{rank}} AS a
    FROM unnest(CAST(:forms AS text[]), CAST(:rarities AS float8[])) AS form(word, rarity)
    OFFSET 0) ranked OFFSET 0) counted)"""

REFINE = """
WITH {stems}
SELECT hit.id, {similar} AS similar, {written} AS written, i.status = 'published' AS published,
  0.5 ^ greatest(extract(epoch FROM now() - i.created_at) / 31557600, 0)::float8 AS recent, i.created_at
FROM unnest(CAST(:ids AS int[])) AS hit(id)
CROSS JOIN LATERAL (SELECT * FROM insights WHERE id = hit.id OFFSET 0) i
CROSS JOIN LATERAL (SELECT * FROM search_documents WHERE insight_id = hit.id OFFSET 0) d"""
NO_STEMS = "stem AS (SELECT 1)"


class WordScore(NamedTuple):
    """What one word adds to a score."""

    word: str
    weight: float
    frequency: float
    score: float


class Scored(NamedTuple):
    """A document and its text's score; ``strict``: it has all that is wanted. ``words`` only for an explanation."""

    insight_id: int
    strict: bool
    score: float
    words: tuple[WordScore, ...] = ()


class Parts(NamedTuple):
    """What a refined score is made of: the words' part, what is similar to the first hits, and the small ones."""

    words: float
    feedback: float
    exact: float
    published: float
    recency: float

    @property
    def total(self) -> float:
        return sum(self)


class Refined(NamedTuple):
    """A hit in its final place; no parts beyond the first 100. Where feedback has a share, the words have the rest."""

    insight_id: int
    strict: bool
    score: float
    words: tuple[WordScore, ...] = ()
    parts: Parts | None = None
    share_of_words: float = 1.0


def refined(best: Sequence[Scored], understood: Understood, wish: Wish) -> list[Refined]:
    """All of them, the first 100 in their new order, the others as they come. One round trip."""
    first, others = best[:REFINED], best[REFINED:]
    rows = {row.id: row for row in _looked_up(first, understood, wish)}
    again = sorted(
        (_refined(hit, rows[hit.insight_id], len(wish.units)) for hit in first if hit.insight_id in rows),
        key=lambda hit: (hit.strict, round(hit.score, 6), rows[hit.insight_id].created_at, hit.insight_id),
        reverse=True,
    )
    return [*again, *(Refined(*hit) for hit in others)]


def _refined(hit: Scored, row: Any, units: int) -> Refined:
    similar = row.similar is not None
    share_of_words = 1 - SHARE if similar else 1.0
    words = hit.score * share_of_words
    feedback = SHARE * units * row.similar if similar else 0.0
    text = words + feedback
    parts = Parts(
        words=words,
        feedback=feedback,
        exact=EXACT * (row.written or 0.0),
        published=PUBLISHED * text * row.published,
        recency=RECENT * text * row.recent,
    )
    return Refined(hit.insight_id, hit.strict, parts.total, hit.words, parts, share_of_words)


def _looked_up(hits: Sequence[Scored], understood: Understood, wish: Wish) -> Sequence[Any]:
    if not hits:
        return []
    text = list(wanted_text(understood.query.root))
    similar = len(wish.units) > 1 and not any(isinstance(part, Phrase) for part in text)
    forms = _forms(understood, text)
    statement = REFINE.format(
        stems=_feedback(counted=understood.counted) if similar else NO_STEMS,
        similar=_similar() if similar else "NULL::float8",
        written=_written() if forms else "0.0",
    )
    return read_rows(
        statement,
        ids=[hit.insight_id for hit in hits],
        mean_length=max(understood.average_length, 1.0),
        **(_feedback_from(hits, understood) if similar else {}),
        **({"forms": list(forms), "rarities": list(forms.values())} if forms else {}),
    )


def _forms(understood: Understood, text: Sequence[Word | Phrase]) -> dict[str, float]:
    """The words as they were typed, as tsqueries, and how rare their stems are."""
    documents = max(understood.documents, 1)
    terms = {understood.terms[part] for part in text if isinstance(part, Word) and part in understood.terms}
    return {
        quoted(term.word): rarity(min(stem.documents[0] for stem in term.stems), documents)
        for term in terms
        if term.stems and len(term.word.encode()) <= LONGEST_WORD
    }


def _feedback_from(hits: Sequence[Scored], understood: Understood) -> dict[str, object]:
    """What `FEEDBACK` binds."""
    best, first = max(hit.score for hit in hits) or 1.0, hits[:RELEVANT]
    return {
        "relevant": [hit.insight_id for hit in first],
        "trusted": [(hit.score / best) ** TRUST for hit in first],
        "stems": STEMS,
        "documents": understood.documents,
        "too_common": int(TOO_COMMON * understood.documents),
    }


def _feedback(*, counted: bool) -> str:
    return FEEDBACK.format(counted=COUNTED_BEFORE if counted else COUNTED_NOW)


def _similar() -> str:
    return SIMILAR.format(
        anywhere=FREQUENCY.format(rank="a"),
        in_title=FREQUENCY.format(rank="t"),
        rank=RANK.format(weights="{1,1,1,1}", vector="d.stems", query="stem.query"),
        title=RANK.format(weights="{0,0,0,1}", vector="d.stems", query="stem.query"),
    )


def _written() -> str:
    rank = RANK.format(weights="{1,1,1,1}", vector="d.words", query="CAST(form.word AS tsquery)")
    return WRITTEN.format(anywhere=FREQUENCY.format(rank="a"), rank=rank)
