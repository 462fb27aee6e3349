"""The whole application as the machine drives it: requests, commands, SQL past the application; and what is stored."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from flask import Flask
from psycopg.rows import dict_row

from app.exchange.importing import Options, Report, run_import
from app.exchange.records import Place, Record
from app.identity.acting import acting
from app.identity.actor import LOCAL_ADMINISTRATOR
from app.verification import findings
from tests.conftest import EMPTY, READ

REVISIONS = """
SELECT insight_id, number, verb, version, ARRAY (SELECT jsonb_object_keys(changes)) AS fields, message, actor_kind,
    receipt_id::text FROM insight_revisions ORDER BY insight_id, number"""
FINGERPRINT = " UNION ALL ".join(
    f"SELECT '{name}', md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t" for name in READ
)


class Records:
    """Rows of a file, as the importer reads them."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows = list(rows)
        self.total = len(self.rows)

    def __iter__(self):
        for number, row in enumerate(self.rows, 1):
            yield Record(Place("rows", number), number, values=row)


class Stack:
    """One application and its database, emptied before each run; counts what all runs did."""

    def __init__(self, app: Flask, database_url: str, owner_url: str) -> None:
        self.app = app
        self.client = app.test_client()
        self.done: Counter[str] = Counter()
        self.sql = psycopg.connect(database_url, autocommit=True, row_factory=dict_row)
        self.owner = psycopg.connect(owner_url, autocommit=True)

    def close(self) -> None:
        self.sql.close()
        self.owner.close()

    def empty(self) -> None:
        self.owner.execute(EMPTY)

    def serves(self, path: str) -> bool:
        return any(str(rule) == path for rule in self.app.url_map.iter_rules())

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        return self.sql.execute(statement.encode(), values).fetchall()

    def revisions(self) -> list[dict[str, Any]]:
        return self.rows(REVISIONS)

    def fold_counts(self) -> None:
        self.rows("SELECT counts_fold()")

    def fingerprint(self) -> dict[str, str]:
        """Of every table, to show that nothing changed."""
        return dict(self.owner.execute(FINGERPRINT.encode()).fetchall())

    def broken(self) -> dict[str, list[str]]:
        """What ``insights verify`` finds: of each check, what breaks its promise."""
        with self.app.app_context():
            return {check: told for check, told in findings().items() if told}

    def import_rows(self, rows: Iterable[Mapping[str, Any]]) -> Report:
        with self.app.app_context(), acting(LOCAL_ADMINISTRATOR):
            return run_import(Records(rows), Options(), lambda outcome, position: None)
