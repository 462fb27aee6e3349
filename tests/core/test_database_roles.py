"""What the role of the application may do, and what only the owner of the database may."""

from collections.abc import Callable, Iterator

import flask_migrate
import psycopg
import pytest
from flask import Flask
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from app.config import Settings
from app.core.migrations import DIRECTORY, ELSEWHERE, MAY_NOT_MIGRATE, bind, current, head, upgrade
from app.errors import Unavailable
from tests.conftest import built, libpq, owner_libpq, scratch_database

Stored = Callable[[], dict[str, list[tuple[object, ...]]]]
RIGHTS = """
SELECT 'relation', relname::text, relkind::text, relacl::text FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL SELECT 'routine', oid::regprocedure::text, prokind::text, proacl::text FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'schema', nspname, '', nspacl::text FROM pg_namespace WHERE nspname = 'public'
UNION ALL SELECT 'database', 'this', '', datacl::text FROM pg_database WHERE datname = current_database()
ORDER BY 1, 2"""
GRANTEE = """
SELECT DISTINCT grantee FROM information_schema.role_table_grants
WHERE table_name = 'alembic_version' AND grantee <> grantor"""
ENTRY = "INSERT INTO audit_log (actor_kind, actor_name, verb, outcome) VALUES ('system', 's', 'v', 'done')"


@pytest.fixture(autouse=True)
def two_roles(settings: Settings) -> None:
    if settings.database_owner_url is None:
        pytest.skip("DATABASE_URL is given without DATABASE_OWNER_URL: one role does everything")


@pytest.fixture
def session(database_url: str, clean_database: None) -> Iterator[psycopg.Connection]:
    """The application's role, on a database with one insight and its tag."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO insights (title, description, author) VALUES ('T', 'd', 'A')")
        connection.execute("INSERT INTO tags (name, slug) VALUES ('n', 's')")
        connection.execute("INSERT INTO insight_tags (insight_id, tag_id) VALUES (1, 1)")
        yield connection


@pytest.fixture
def empty(settings: Settings) -> Iterator[Settings]:
    """Settings that name an empty database of its own."""
    with scratch_database(settings) as scratch:
        yield scratch


def without_owner(settings: Settings) -> Settings:
    """Those of an application that never migrates."""
    return settings.with_servers(libpq(settings), settings.redis_url)


def rights(settings: Settings) -> list[tuple[object, ...]]:
    with psycopg.connect(owner_libpq(settings)) as connection:
        return connection.execute(RIGHTS).fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (n int)",
        "CREATE TEMPORARY TABLE mine (n int)",
        "CREATE TABLE mine AS SELECT * FROM insights",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
        "CREATE OR REPLACE FUNCTION counts_fold() RETURNS bigint LANGUAGE sql RETURN 1",
        "CREATE TRIGGER mine BEFORE INSERT ON insights FOR EACH ROW EXECUTE FUNCTION touch()",
        "CREATE INDEX mine ON insights (source)",
        "CREATE RULE mine AS ON INSERT TO insights DO INSTEAD NOTHING",
        "DROP EXTENSION unaccent CASCADE",
        "ALTER TABLE insights ADD COLUMN mine int",
        "ALTER TABLE insights DISABLE TRIGGER USER",
        "ALTER TABLE insights OWNER TO CURRENT_USER",
        "ALTER SEQUENCE insights_id_seq RESTART",
        "ALTER DATABASE {database} OWNER TO CURRENT_USER",
        "DROP TABLE insights CASCADE",
        "DROP VIEW counts_drift",
        "DROP FUNCTION counts_fold",
        "DROP TRIGGER counts_insert ON insights",
        "TRUNCATE insights CASCADE",
        "SELECT setval('insights_id_seq', 100)",
        "UPDATE alembic_version SET version_num = '0000'",
        "DELETE FROM alembic_version",
        "SET ROLE {owner}",
        "SET SESSION AUTHORIZATION {owner}",
        "SET session_replication_role = 'replica'",
    ],
)
def test_the_application_can_not_change_the_schema(
    statement: str, session: psycopg.Connection, migrated: Settings, stored: Stored
) -> None:
    before = (stored(), rights(migrated))
    with psycopg.connect(owner_libpq(migrated)) as owner:
        names = {"owner": sql.Identifier(owner.info.user), "database": sql.Identifier(owner.info.dbname)}
    with pytest.raises(InsufficientPrivilege):
        session.execute(sql.SQL(statement).format(**names))
    assert (stored(), rights(migrated)) == before


@pytest.mark.parametrize("granted", ["ALL ON insights", "CREATE ON SCHEMA public", "TEMPORARY ON DATABASE {database}"])
def test_what_is_not_ones_own_is_not_for_granting(
    granted: str, session: psycopg.Connection, migrated: Settings
) -> None:
    before = rights(migrated)
    database = sql.Identifier(session.info.dbname)
    session.execute(sql.SQL(f"GRANT {granted} TO PUBLIC").format(database=database))  # a warning, no error
    assert rights(migrated) == before


def test_the_application_reads_and_writes(session: psycopg.Connection) -> None:
    session.execute("UPDATE insights SET status = 'published' WHERE id = 1")
    session.execute("UPDATE tags SET name = 'm' WHERE id = 1")
    assert session.execute("SELECT counts_fold()").fetchone() == (6,)
    assert session.execute("SELECT counts_repair()").fetchone() == (0,)
    assert session.execute("SELECT name, usage_count FROM tags_counted").fetchall() == [("m", 1)]
    assert session.execute("SELECT count(*) FROM counts_drift").fetchone() == (0,)
    session.execute("DELETE FROM tags")  # takes its links and counts along
    session.execute("DELETE FROM insights")
    assert session.execute("SELECT count(*) FROM insight_tags").fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET verb = 'w'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "INSERT INTO audit.log_later SELECT * FROM audit_log",
        "SELECT * FROM audit.log_later",
        "DELETE FROM audit.log_later",
        "DROP TABLE audit.log_later",
        "CREATE TABLE audit.mine (n int)",
    ],
)
def test_the_audit_log_only_grows(statement: str, database_url: str, owner_url: str) -> None:
    with psycopg.connect(database_url) as session, psycopg.connect(owner_url, autocommit=True) as owner:
        before = owner.execute("SELECT * FROM audit_log").fetchall()
        session.execute("SET insights.audit_upkeep = 'on'")  # which lets the owner clear up
        session.execute(ENTRY)
        assert session.execute("SELECT verb FROM audit_log ORDER BY at DESC LIMIT 1").fetchone() == ("v",)
        with pytest.raises(InsufficientPrivilege):
            session.execute(statement.encode())
        session.rollback()
        assert owner.execute("SELECT * FROM audit_log").fetchall() == before


def test_a_second_upgrade_changes_nothing(migrated: Settings) -> None:
    before = rights(migrated)
    with built(migrated) as app, app.app_context():
        bind(app)
        flask_migrate.upgrade(directory=str(DIRECTORY))
    assert rights(migrated) == before


def test_an_up_to_date_database_costs_two_statements(application: Flask, statements: Callable[[], list[str]]) -> None:
    upgrade(application)
    assert [sent.split()[:2] for sent in statements()] == [["SELECT", "1"], ["SELECT", "version_num"]]


def test_a_right_that_is_missing_is_granted_again(empty: Settings) -> None:
    with built(empty) as app:
        upgrade(app)
        before = rights(empty)
        with psycopg.connect(owner_libpq(empty), autocommit=True) as owner:
            [(application,)] = owner.execute(GRANTEE).fetchall()
            owner.execute(sql.SQL("REVOKE SELECT ON tags FROM {}").format(sql.Identifier(application)))
        with app.app_context():
            assert current() is None
        upgrade(app)
        with app.app_context():
            assert current() == head()
    assert rights(empty) == before


def test_an_application_that_may_not_migrate_says_so(empty: Settings) -> None:
    with built(without_owner(empty)) as app, pytest.raises(Unavailable) as raised:
        upgrade(app)
    assert raised.value.detail == MAY_NOT_MIGRATE
    assert [row for row in rights(empty) if row[0] == "relation"] == []


def test_an_application_that_need_not_migrate_needs_no_owner(migrated: Settings) -> None:
    with built(without_owner(migrated)) as app:
        upgrade(app)


def test_an_owner_of_another_database_is_noticed(empty: Settings, migrated: Settings) -> None:
    mixed = empty.with_servers(libpq(empty), None, owner_libpq(migrated))
    with built(mixed) as app, pytest.raises(Unavailable) as raised:
        upgrade(app)
    assert raised.value.detail == ELSEWHERE


def test_one_role_for_everything_is_granted_nothing(empty: Settings) -> None:
    alone = empty.with_servers(owner_libpq(empty), None)
    with built(alone) as app:
        upgrade(app)
        with app.app_context():
            assert current() == head()
    assert {acl for kind, _, _, acl in rights(empty) if kind == "relation"} == {None}
