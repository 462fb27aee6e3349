"""How those with an account are called."""

import psycopg
from flask import Flask

from app.core.locking import lock
from app.extensions import db
from app.identity.models import User
from app.identity.naming import called


def test_called(app: Flask, owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("""
            INSERT INTO users (kind, email, name, role) VALUES
            ('person', 'Ada@b.c', 'Ada', 'viewer'),
            ('person', NULL, 'ada@b.c', 'viewer'),
            ('service', NULL, 'load', NULL)
            """)
        shown = connection.execute(f"SELECT {called('u')} FROM users u ORDER BY id").fetchall()
    names = ["Ada@b.c", "ada@b.c (user 2)", "load"]
    assert [name for [name] in shown] == names
    assert [lock(User, user_id, None).called for user_id in (1, 2, 3)] == names
    db.session.rollback()
