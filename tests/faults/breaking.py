"""Break the k-th call to the database: for real, in the server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event

from app.core.reading import statement_read

THEIRS = "datname = %s AND application_name = 'insights' AND pid <> pg_backend_pid()"
END_SESSIONS = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {THEIRS}"
SESSIONS = f"SELECT count(*) FROM pg_stat_activity WHERE {THEIRS}"
LOSE_RACE = "DO $$ BEGIN RAISE EXCEPTION 'a race was lost' USING ERRCODE = 'serialization_failure'; END $$"


class Fault(StrEnum):
    """What happens at the call."""

    LOST = "the sessions are ended just before it"
    AWAY = "the sessions are ended and no new one is let in"
    RACE = "the server says that it lost a race"
    ANSWER = "a commit succeeds, but its answer is lost"


@dataclass
class Breaker:
    """Counts the calls of a request and breaks the one ``at`` a place, from 1 on.

    A call is a statement of a transaction, its commit, or a read outside of one. A race is lost in a transaction only,
    and only a commit's answer can be lost for good: of these faults nothing else counts.
    """

    database: str
    sessions: psycopg.Connection  # of the application's role, in another database
    owner: psycopg.Connection  # likewise
    fault: Fault | None = None
    at: int = 0
    calls: int = 0
    before_commit: Callable[[], object] = field(default=lambda: None)

    @contextmanager
    def breaking(self, fault: Fault, at: int) -> Iterator[None]:
        self.fault, self.at, self.calls = fault, at, 0
        try:
            yield
        finally:
            self.fault = None
            if fault is Fault.AWAY:
                self._let_in(True)

    @property
    def struck(self) -> bool:
        return self.calls >= self.at

    def statement(
        self, connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> tuple[str, Any]:
        if self._is_now(Fault.LOST, Fault.AWAY, Fault.RACE):
            if self.fault is Fault.RACE:
                return LOSE_RACE, [()] if many else ()
            self._strike()
        return statement, parameters

    def read(self, engine: Engine, statement: str, parameters: object) -> None:
        if self._is_now(Fault.LOST, Fault.AWAY):
            self._strike()

    def commit(self, connection: Connection) -> None:
        self.before_commit()
        if not self._is_now(*Fault):
            return
        if self.fault is Fault.RACE:
            connection.exec_driver_sql(LOSE_RACE)
        elif self.fault is Fault.ANSWER:
            self._commit_silently(connection.connection.dbapi_connection)
        else:
            self._strike()

    def _commit_silently(self, session: Any) -> None:
        session.commit()
        session.close()

    def _is_now(self, *faults: Fault) -> bool:
        if self.fault not in faults:
            return False
        self.calls += 1
        return self.calls == self.at

    def _strike(self) -> None:
        if self.fault is Fault.AWAY:
            self._let_in(False)
        self.sessions.execute(END_SESSIONS, (self.database,))
        while self.sessions.execute(SESSIONS, (self.database,)).fetchone() != (0,):
            time.sleep(0.001)

    def _let_in(self, new_sessions: bool) -> None:
        """Whether the database takes new connections."""
        self.owner.execute(f'ALTER DATABASE "{self.database}" ALLOW_CONNECTIONS {new_sessions}'.encode())


@contextmanager
def listening(engine: Engine, breaker: Breaker) -> Iterator[None]:
    event.listen(engine, "before_cursor_execute", breaker.statement, retval=True)
    event.listen(engine, "commit", breaker.commit)
    with statement_read.connected_to(breaker.read):
        yield
    event.remove(engine, "commit", breaker.commit)
    event.remove(engine, "before_cursor_execute", breaker.statement)
