"""What is known about words: their stems, how many documents have those, whether a reader sees one of them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.core.db import like_literal, read_rows
from app.identity.audience import Audience
from app.search.queries.tiers import MOST_COUNTED, counted_now, lexeme

# Whether somebody sees a word is asked of few documents first: those of the last tier that has any number of them or,
# where these are too many to be looked up, the newest.
SOME, MANY = 30, 2_000
MOST_PARTS = 50
# Of a short beginning or part, whose words would be thousands.
MOST_WORDS_WITH_PART = 2_000
MOST_ALIKE = 60
LEAST_SIMILARITY = 0.25
LENGTHS_APART = 2

HAS = "search_tokens(d.stems, d.length) @@ s.{asked}"
SEEN = f"SELECT FROM search_documents d JOIN insights i ON i.id = d.insight_id WHERE {HAS} AND {{{{sees}}}}"
SEEN_AMONG_NEWEST = f"""
SELECT FROM (SELECT i.id FROM insights i WHERE {{sees}} ORDER BY i.created_at DESC, i.id DESC LIMIT {MANY}) newest
JOIN search_documents d ON d.insight_id = newest.id WHERE d.stems @@ s.asked"""

# What upkeep counted, unless it is of quite another number of documents: a small collection grows quickly, and its
# words are soon counted as they are asked for.
SMALL, OUTGROWN = 20_000, 0.2
COUNTED_BEFORE = f"""
counted_before AS MATERIALIZED (
  SELECT documents, average_length FROM search_statistics
  WHERE documents > {SMALL} OR abs(documents - (
    SELECT count(*) FROM (SELECT FROM search_documents LIMIT {SMALL}) now)) <= {OUTGROWN} * documents)"""

# Of stems(n, place, stem): how many have each, and whether the audience sees one of those. The table of terms lacks new
# words and rare ones. OFFSET 0 keeps a number from being counted at each use.
LOOKED_UP = f"""
{COUNTED_BEFORE.strip()},
asked AS MATERIALIZED (
  SELECT s.*, ({lexeme("stem")})::tsquery AS asked FROM stems s),
counted AS MATERIALIZED (
  SELECT s.*, known.documents, last.tier,
    ({lexeme("stem || CASE last.tier WHEN 0 THEN '' ELSE chr(last.tier) END")})::tsquery AS asked_of_tier
  FROM asked s LEFT JOIN search_terms t ON t.term = s.stem AND EXISTS (SELECT FROM counted_before)
  CROSS JOIN LATERAL (
    SELECT coalesce(t.documents, ARRAY[CAST({counted_now("s.asked")} AS integer)]) AS documents OFFSET 0) known
  CROSS JOIN LATERAL (
    SELECT coalesce(max(place), 1)::integer - 1 AS tier
    FROM unnest(known.documents) WITH ORDINALITY AS reached(n, place) WHERE n >= {SOME}) last),
looked_up AS MATERIALIZED (
  SELECT s.n, s.place, s.stem, s.documents,
    CASE WHEN s.documents[s.tier + 1] > {MANY} THEN EXISTS ({SEEN_AMONG_NEWEST})
         WHEN s.tier > 0 THEN EXISTS ({SEEN.format(asked="asked_of_tier")}) ELSE false END
    OR EXISTS ({SEEN.format(asked="asked")}) AS seen
  FROM counted s)"""

# Until upkeep has counted them, there are about as many as the planner believes, if these are many; the lengths of the
# newest are typical.
STATISTICS = f"""
SELECT documents, average_length, true AS counted FROM counted_before
UNION ALL
SELECT CASE WHEN few.n < {MOST_COUNTED} THEN few.n ELSE greatest(few.n, (
         SELECT CAST(reltuples AS integer) FROM pg_class WHERE oid = 'search_documents'::regclass)) END,
       (SELECT coalesce(avg(length), 1) FROM (
          SELECT length FROM search_documents ORDER BY insight_id DESC LIMIT {MANY}) newest), false
FROM (SELECT count(*) AS n FROM (SELECT FROM search_documents LIMIT {MOST_COUNTED}) some_documents) few
LIMIT 1"""

WORDS = f"""
WITH words AS MATERIALIZED (
  SELECT n, folded(word) AS word FROM unnest(CAST(:words AS text[])) WITH ORDINALITY AS typed(word, n)),
stems AS MATERIALIZED (
  SELECT n, positions[1] AS place, lexeme AS stem FROM words, unnest(to_tsvector('pg_catalog.english', word))),
{LOOKED_UP}
SELECT w.n, w.word, tsvector_to_array(to_tsvector('pg_catalog.simple', w.word)) AS written, l.stem, l.documents, l.seen,
  known.documents AS all_documents, CAST(known.average_length AS double precision) AS average_length, known.counted
FROM words w CROSS JOIN ({STATISTICS}) known LEFT JOIN looked_up l ON l.n = w.n
ORDER BY w.n, l.place, l.stem"""

# Words are tokens, so that their stems need no parser. Names with other signs (``node.js``) are their own.
PARTS = f"""
WITH parts AS MATERIALIZED (
  SELECT n, pattern FROM unnest(CAST(:patterns AS text[])) WITH ORDINALITY AS part(pattern, n)),
stems AS MATERIALIZED (
  SELECT parts.n, 0 AS place, found.stem FROM parts CROSS JOIN LATERAL (
    SELECT holding.stem FROM (
      SELECT DISTINCT CASE WHEN words.word ~ '[^[:alpha:]-]' THEN words.word
                           ELSE (ts_lexize('pg_catalog.english_stem', words.word))[1] END AS stem FROM (
        SELECT word FROM search_words WHERE word LIKE parts.pattern LIMIT {MOST_WORDS_WITH_PART}) words) holding
    LEFT JOIN search_terms t ON t.term = holding.stem WHERE holding.stem IS NOT NULL
    ORDER BY t.documents[1] DESC NULLS LAST, holding.stem LIMIT {MOST_PARTS}) found),
{LOOKED_UP}
SELECT n, stem, documents FROM looked_up WHERE seen ORDER BY n, documents[1] DESC, stem"""

# The threshold belongs to the session; set for the transaction, which is this statement, it binds nobody else.
# Two letters that changed places leave a short word few common trigrams.
ALIKE = f"""
WITH typed AS MATERIALIZED (
  SELECT n, word, set_config('pg_trgm.similarity_threshold', '{LEAST_SIMILARITY}', true)
  FROM unnest(CAST(:words AS text[])) WITH ORDINALITY AS typed(word, n))
SELECT DISTINCT near.word FROM typed CROSS JOIN LATERAL (
  SELECT known.word FROM search_words known
  WHERE known.word % typed.word
    AND length(known.word) BETWEEN length(typed.word) - {LENGTHS_APART} AND length(typed.word) + {LENGTHS_APART}
  ORDER BY similarity(known.word, typed.word) DESC, known.word LIMIT {MOST_ALIKE}) near
UNION SELECT word FROM search_words WHERE word = ANY (CAST(:swapped AS text[]))"""


# A word of a frequent stem is looked for among the newest insights; one that only older ones have counts as not seen.
SEEN_AS_WRITTEN = f"""
SELECT s.word FROM (
  SELECT word, frequent, plainto_tsquery('pg_catalog.english', word) AS stems,
    ({lexeme("word")})::tsquery AS asked
  FROM unnest(CAST(:words AS text[]), CAST(:frequent AS boolean[])) AS given(word, frequent) OFFSET 0) s
WHERE CASE WHEN s.frequent THEN EXISTS ({SEEN_AMONG_NEWEST.replace("d.stems", "d.words")})
  ELSE EXISTS ({SEEN.format(asked="stems")} AND d.words @@ s.asked) END"""


class KnownStem(NamedTuple):
    """A stem; how many ``documents`` have it, then how many at each tier; whether the audience sees one of them."""

    text: str
    documents: tuple[int, ...]
    seen: bool


class KnownWord(NamedTuple):
    """A folded word, the tokens that are ``written`` there, and the stems of those that are no stop words."""

    word: str
    written: tuple[str, ...]
    stems: tuple[KnownStem, ...]

    @property
    def seen(self) -> bool:
        """Whether the audience sees each of its stems in some insight."""
        return all(stem.seen for stem in self.stems)


class Known(NamedTuple):
    """Words by their text, the number of all documents and their mean length, and whether upkeep has counted them."""

    words: dict[str, KnownWord]
    documents: int
    average_length: float
    counted: bool


def look_up(audience: Audience, texts: Iterable[str]) -> Known:
    """What the dictionary has about each text (a word or several), in one round trip."""
    asked = list(dict.fromkeys(texts))
    rows = read_rows(WORDS.format(sees=audience.sources.sees), words=asked, **audience.parameters)
    stems: list[list[KnownStem]] = [[] for _ in asked]
    for row in rows:
        if row.stem is not None:
            stems[row.n - 1].append(_stem(row.stem, row.documents, seen=row.seen))
    words = {
        asked[row.n - 1]: KnownWord(row.word, tuple(row.written), _apart(stems[row.n - 1], row.written)) for row in rows
    }
    most = max((stem.documents[0] for word in words.values() for stem in word.stems), default=0)
    return Known(words, max(rows[0].all_documents, most), rows[0].average_length, rows[0].counted)


def stems_of_words_with(audience: Audience, patterns: Sequence[str]) -> list[tuple[KnownStem, ...]]:
    """For each LIKE pattern, the stems of the words that fit it, the most frequent first, if the audience sees them."""
    rows = read_rows(PARTS.format(sees=audience.sources.sees), patterns=list(patterns), **audience.parameters)
    found: list[list[KnownStem]] = [[] for _ in patterns]
    for row in rows:
        found[row.n - 1].append(_stem(row.stem, row.documents, seen=True))
    return [tuple(stems) for stems in found]


def words_like(words: Sequence[str], swapped: Sequence[str]) -> list[str]:
    """Known words that share trigrams with one of the words, or are one of the ``swapped``; whoever sees them."""
    return [row.word for row in read_rows(ALIKE, words=list(words), swapped=list(swapped))]


def seen_as_written(audience: Audience, known: Iterable[KnownWord]) -> set[str]:
    """Which of the words the audience sees in just this form, and not only others of the same stem."""
    words = {word.word: any(stem.documents[0] > MANY for stem in word.stems) for word in known}
    statement = SEEN_AS_WRITTEN.format(sees=audience.sources.sees)
    rows = read_rows(statement, words=list(words), frequent=list(words.values()), **audience.parameters)
    return {row.word for row in rows}


def beginning_with(word: str) -> str:
    """A pattern."""
    return f"{like_literal(word)}%"


def containing(word: str) -> str:
    """A pattern."""
    return f"%{like_literal(word)}%"


def _apart(stems: Sequence[KnownStem], written: Sequence[str]) -> tuple[KnownStem, ...]:
    """Without hyphenated words whose parts are there: ``well-known`` is wanted where somebody wrote ``well known``."""
    return tuple(stem for stem in stems if not ("-" in stem.text and {*stem.text.split("-")[:-1]} <= {*written}))


def _stem(text: str, documents: Sequence[int], *, seen: bool) -> KnownStem:
    # What the reader doesn't see shall not be told by a number either.
    return KnownStem(text, tuple(documents) if seen else (0,), seen)
