"""Folding of many names in one statement."""

# What `folded` does, written out: Postgres doesn't inline it, and calling it costs four times as much as its work.
FOLDED = (
    "lower(public.unaccent('public.unaccent'::regdictionary,"
    " CASE WHEN {value} IS NFKC NORMALIZED THEN {value} ELSE normalize({value}, NFKC) END))"
)
