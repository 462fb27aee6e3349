"""How many insights match, about: from how many documents have each word and from a sample of the insights."""

from math import floor, log10, prod

from app.core.db import read_rows
from app.identity.audience import Audience
from app.insights.queries.listing import InsightFilter
from app.search.language.tree import wanted_text
from app.search.queries.conditions import Compiled
from app.search.queries.words import Term, Understood

SAMPLED = 2_000
# How many insights there are: counted where they are few, else what the planner believes.
BELIEVED = f"""
WITH believed AS MATERIALIZED (
  SELECT CASE WHEN few.n <= {SAMPLED} THEN few.n ELSE greatest(few.n, (
    SELECT reltuples FROM pg_class WHERE oid = 'insights'::regclass)) END AS n
  FROM (SELECT count(*) AS n FROM (SELECT FROM insights LIMIT {SAMPLED} + 1) some_insights) few)"""
# Whole blocks, always the same ones, so that the answer to a question stays.
SAMPLE = f"""
{BELIEVED.strip()}
SELECT (SELECT n FROM believed) AS insights,
  count(*) FILTER (WHERE {{condition}})::float8 / greatest(count(*), 1) AS share
FROM insights i TABLESAMPLE SYSTEM (
  least(100, 100.0 * {SAMPLED} / greatest((SELECT n FROM believed), 1))) REPEATABLE (0)"""
# A document is read where it is needed, never joined: the planner knows nothing of what is in them.
READ = "EXISTS (SELECT FROM search_documents d WHERE d.insight_id = i.id AND ({matches}) OFFSET 0)"
# What `InsightFilter.where` says of whoever sees everything and asks for no filter.
UNFILTERED = ("true", "true AND true")
DIGITS = 2


def estimated(audience: Audience, wanted: InsightFilter, understood: Understood, compiled: Compiled) -> float:
    """About how many insights match.

    Of words, as if they were independent of one another; of everything else by a sample, one round trip.
    """
    words_only = compiled.simple and bool(understood.terms) and not understood.phrases
    text = share_of_words(understood) if words_only else 1.0
    conditions = [wanted.where(audience), compiled.filters if words_only else matching(compiled)]
    if words_only and all(condition in UNFILTERED for condition in conditions):
        return understood.documents * text
    parameters = {**wanted.parameters, **audience.parameters, **compiled.parameters}
    [row] = read_rows(SAMPLE.format(condition=" AND ".join(conditions)), **parameters)
    return float(row.insights * row.share * text)


def matching(compiled: Compiled) -> str:
    """The query's condition on an insight ``i`` alone, for when insights are looked at one after the other."""
    return READ.format(matches=compiled.matches) if compiled.reads_documents else f"({compiled.matches})"


def share_of_words(understood: Understood) -> float:
    """The part of the documents that have any of the wanted words, and none of those that must not be there."""
    documents = max(understood.documents, 1)
    wanted = set(wanted_text(understood.query.root))
    without = prod(1 - _share(term, documents) for word, term in understood.terms.items() if word in wanted)
    allowed = prod(1 - _share(term, documents) for word, term in understood.terms.items() if word not in wanted)
    return (1 - without) * allowed


def _share(term: Term, documents: int) -> float:
    own = min((stem.documents[0] for stem in term.stems), default=0)
    others = prod(1 - min(stem.documents[0] / documents, 1) for stem in term.others)
    return 1 - (1 - min(own / documents, 1)) * others


def rounded(number: float) -> int:
    """To two digits: an estimate shall not look like more."""
    whole = round(number)
    return round(whole, DIGITS - 1 - floor(log10(whole))) if whole else 0
