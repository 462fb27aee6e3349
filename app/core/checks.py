"""What can be found out about the stored data to be sure that every promise holds, and what holds of any schema.

Each domain lists its own checks in ``queries/checks.py``; `app.verification` runs them all in one snapshot.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from app.core.db import read_rows

OURS = "('public'::regnamespace, to_regnamespace('audit'))"

NOT_VALID = f"""
SELECT format('constraint %s of %s is not valid: rows may break it', conname, conrelid::regclass)
FROM pg_constraint WHERE connamespace IN {OURS} AND NOT convalidated
UNION ALL
SELECT format('index %s of %s is not valid', indexrelid::regclass, indrelid::regclass)
FROM pg_index JOIN pg_class c ON c.oid = indexrelid
WHERE c.relnamespace IN {OURS} AND NOT (indisvalid AND indisready AND indislive)
UNION ALL
SELECT format('trigger %s of %s is disabled', tgname, tgrelid::regclass)
FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
WHERE c.relnamespace IN {OURS} AND tgenabled NOT IN ('O', 'A')
UNION ALL
SELECT format('function %s is called by no trigger', p.oid::regprocedure)
FROM pg_proc p
WHERE p.pronamespace IN {OURS} AND p.prorettype = 'trigger'::regtype
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgfoid = p.oid)
ORDER BY 1"""

# A foreign key as the parts of a question: the triggers that keep it can be switched off.
FOREIGN_KEYS = """
SELECT k.conrelid::regclass AS child, k.confrelid::regclass AS parent,
       string_agg(format('c.%I = p.%I', a.attname, b.attname), ' AND ') AS matches,
       string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ') AS given,
       string_agg(quote_ident(a.attname), ', ') AS columns, string_agg(format('c.%I', a.attname), ', ') AS keys
FROM pg_constraint k
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair(child, parent)
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.child
JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.parent
WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
GROUP BY k.oid ORDER BY k.conrelid::regclass::text, k.conname"""
LOST = """
SELECT DISTINCT concat_ws(', ', {keys}) AS key FROM {child} c
WHERE {given} AND NOT EXISTS (SELECT FROM {parent} p WHERE {matches}) ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class Check:
    """A promise about what is stored: ``violations`` answers a sentence for each thing that breaks it, read in the
    transaction of the caller. It reads whole tables: for nightly checks, not for requests."""

    name: str
    violations: Callable[[], Iterable[str]]

    @classmethod
    def of(cls, name: str, statement: str) -> "Check":
        """One that a statement answers: a row for each violation, its only column the sentence."""
        return cls(name, partial(_sentences, statement))


def _sentences(statement: str) -> Iterator[str]:
    return (row[0] for row in read_rows(statement))


def _lost_references() -> Iterator[str]:
    for key in read_rows(FOREIGN_KEYS):
        lost = read_rows(LOST.format(**key._asdict()))
        yield from (f"{key.child} ({key.columns}) names {row.key}, which {key.parent} doesn't have" for row in lost)


CHECKS = (Check.of("schema", NOT_VALID), Check("references", _lost_references))
