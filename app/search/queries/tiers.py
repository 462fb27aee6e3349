"""Words as the index of search knows them, as SQL (see `search_tokens`)."""

# What a stem is followed by, for each tier of impact; the first stands for any impact.
MARKS = r"ARRAY['', E'\x01', E'\x02', E'\x03', E'\x04', E'\x05', E'\x06', E'\x07']"

# Counting a stem goes no further; that many are frequent, and the tables of upkeep know the frequent ones.
MOST_COUNTED = 3_000


def lexeme(text: str) -> str:
    """SQL text as it is written in a tsquery."""
    return rf"'''' || replace(replace({text}, '\', '\\'), '''', '''''') || ''''"


def counted_now(asked: str, most: int | str = MOST_COUNTED) -> str:
    """How many documents fulfil an SQL tsquery on `search_tokens`, ``most`` at most: for stems that upkeep has not
    counted."""
    return f"""(SELECT count(*) FROM (
      SELECT FROM search_documents d WHERE search_tokens(d.stems, d.length) @@ {asked} LIMIT {most}) few)"""


def stems(text: str) -> str:
    """The English stems of folded SQL text, as a set."""
    return f"unnest(tsvector_to_array(to_tsvector('pg_catalog.english', {text})))"


def marked(stem: str, documents: str, most: int | str) -> str:
    """A stem with the mark of the tier that it reaches in ``most`` documents or fewer; else the highest that any does.

    ``documents``: as in `search_terms`, or null for a stem that is not counted yet.
    """
    return f"""{stem} || ({MARKS})[coalesce((
      SELECT coalesce(min(tier) FILTER (WHERE n <= {most}), max(tier))
      FROM unnest({documents}) WITH ORDINALITY tiers(n, tier) WHERE n > 0), 1)]"""
