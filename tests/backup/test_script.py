import io

import psycopg
import pytest

from app.backup.script import run_script

SCRIPT = rb"""--
-- what pg_dump writes
--
\restrict abc
SET transaction_timeout = 0;
CREATE TEMPORARY TABLE t (n int, word text);
COPY t (n, word) FROM stdin;
1	back\\slash
2	\N
3	\\.
\.

COPY t (n, word) FROM stdin;
\.
UPDATE t SET n = n + 1;
\unrestrict abc
"""


def test_statements_and_rows_in_turn(owner_url: str) -> None:
    told: list[int] = []
    with psycopg.connect(owner_url) as connection:
        run_script(connection, io.BytesIO(SCRIPT), told.append)
        assert connection.execute("SELECT * FROM t ORDER BY n").fetchall() == [
            (2, "back\\slash"),
            (3, None),
            (4, "\\."),
        ]
        connection.rollback()
    assert told == [3]


def test_a_wrong_row_is_the_database_s_error(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection, pytest.raises(psycopg.errors.InvalidTextRepresentation):
        run_script(connection, io.BytesIO(SCRIPT.replace(b"2\t", b"two\t")))
