"""``insights tokens`` as an operator calls it."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from flask import Flask

from app.config import Settings
from app.core.clock import now
from app.identity.actor import Kind
from app.identity.permissions import Permission
from app.identity.queries.credentials import token_actor
from app.identity.queries.tokens import tokens

Run = Callable[..., Result]


def test_quiet_prints_just_the_token(run: Run, entries: Callable[[], list[Any]]) -> None:
    made = run("tokens", "create", "--role", "editor", "--name", "nightly", "--quiet")
    assert made.exit_code == 0
    secret = made.stdout.removesuffix("\n")
    actor = token_actor(secret)
    assert actor is not None
    assert (actor.kind, actor.name, str(actor.role)) == (Kind.SERVICE, "nightly", "editor")
    [row] = tokens(None)
    assert row.expires_at - row.created_at == pytest.approx(timedelta(days=90), abs=timedelta(seconds=30))
    assert [entry.verb for entry in entries()] == ["user.create", "token.create"]


def test_installed_command_with_a_database_of_its_own(
    app: Flask, migrated: Settings, tmp_path: Path, entries: Callable[[], list[Any]]
) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": str(migrated.database_url),
        "DATABASE_OWNER_URL": str(migrated.database_owner_url or ""),
        "REDIS_URL": migrated.redis_url or "",
    }
    arguments = ["tokens", "create", "--role", "viewer", "--name", "n", "--quiet", "--instance", str(tmp_path)]
    program = [sys.executable, "-c", "from app.cli import main; main()", *arguments]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert token_actor(done.stdout.removesuffix("\n")) is not None
    assert len(entries()) == 2


def test_shown_once(run: Run) -> None:
    options = ("--scope", "insights:read", "--scope", "analytics:*", "--expires", "never")
    made = run("tokens", "create", "--role", "viewer", "--name", "nightly", *options)
    lines = made.stdout.splitlines()
    assert lines[:2] == [
        "Token of the service nightly: nightly",
        "role: viewer   scopes: insights:read analytics:*   expires: never",
    ]
    assert lines[2::2] == ["", ""]
    assert lines[5] == "Keep it now: it is shown this once. Send it as: Authorization: Bearer <token>"
    actor = token_actor(lines[3])
    assert actor is not None
    assert actor.permissions == {Permission.READ, Permission.KNOWN}
    assert actor.holds("analytics:write")


def test_of_a_person(run: Run, person: Callable[..., int]) -> None:
    user_id = person("analyst", email="anna@example.org")
    made = run("tokens", "create", "--name", "script", "--email", "Anna@Example.org", "--quiet")
    actor = token_actor(made.stdout.removesuffix("\n"))
    assert actor is not None
    assert (actor.kind, actor.user_id, str(actor.role)) == (Kind.PERSON, user_id, "analyst")
    assert [(row.role, row.owner) for row in tokens(user_id)] == [(None, "anna@example.org")]
    nobody = run("tokens", "create", "--name", "script", "--email", "bea@example.org")
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    assert nobody.stderr == "Nobody has the e-mail address bea@example.org.\n"


@pytest.mark.parametrize(
    ("given", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("90d", timedelta(days=90)),
        ("2w", timedelta(weeks=2)),
        ("9999w", timedelta(weeks=9999)),
    ],
)
def test_how_long(run: Run, given: str, length: timedelta) -> None:
    assert run("tokens", "create", "--role", "viewer", "--name", "n", "--expires", given).exit_code == 0
    [row] = tokens(None)
    assert row.expires_at - now() == pytest.approx(length, abs=timedelta(seconds=30))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--role", "boss", "--name", "n"], "'--role': 'boss' is not one of 'viewer', 'contributor', 'editor'"),
        (["--role", "viewer"], "Missing option '--name'"),
        (["--name", "n"], "Give --role, or --email"),
        (
            ["--role", "admin", "--name", "n", "--scope", "everything"],
            "'--scope': 'everything' is none of insights:read, insights:write, insights:edit,",
        ),
        (["--role", "admin", "--name", "n", "--scope", "known"], "'--scope': 'known' is none of"),
        *(
            (["--role", "admin", "--name", "n", "--expires", wrong], f"'--expires': {wrong!r} is not one such as 30m")
            for wrong in ("", "0d", "90", "d", "-1d", "1y", "1.5h", "99999d", "٣d", "90d\n")
        ),
    ],
)
def test_wrong_options(run: Run, arguments: list[str], told: str) -> None:
    refused = run("tokens", "create", *arguments)
    assert refused.exit_code == 2
    assert told in refused.stderr
    assert tokens(None) == []


def test_a_scope_beyond_the_role_is_refused(run: Run) -> None:
    refused = run("tokens", "create", "--role", "viewer", "--name", "n", "--scope", "insights:edit")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "scopes: insights:edit is more than the role may do\n"
    assert tokens(None) == []


def test_list(run: Run, person: Callable[..., int]) -> None:
    assert run("tokens", "list").stdout == ""
    assert run("tokens", "list", "--json").stdout == "[]\n"
    person("viewer", email="anna@example.org")
    run("tokens", "create", "--role", "viewer", "--name", "collector", "--scope", "analytics:read")
    run("tokens", "create", "--name", "script", "--email", "anna@example.org", "--expires", "never")
    second, first = tokens(None)
    heading, *lines = run("tokens", "list").stdout.splitlines()
    assert heading.split("  ")[0] == "ID"
    created = f"{first.created_at:%Y-%m-%d %H:%M}"
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    assert cells == [
        [str(second.id), "script", "anna@example.org", "-", "-", f"…{second.last4}", created, "-", "-", "good"],
        [
            str(first.id), "collector", "collector", "viewer", "analytics:read", f"…{first.last4}", created,
            f"{first.expires_at:%Y-%m-%d %H:%M}", "-", "good",
        ],
    ]  # fmt: skip
    listed = orjson.loads(run("tokens", "list", "--json").stdout)
    assert [(row["id"], row["owner"], row["kind"], row["scopes"], row["last4"], row["state"]) for row in listed] == [
        (second.id, "anna@example.org", "person", [], second.last4, "good"),
        (first.id, "collector", "service", ["analytics:read"], first.last4, "good"),
    ]
    assert listed[1]["expires_at"].endswith("Z")


def test_revoke(run: Run) -> None:
    secrets = [run("tokens", "create", "--role", "viewer", "--name", "n", "--quiet").stdout.strip() for _ in range(2)]
    second, first = tokens(None)
    unknown = first.id + 99
    revoked = run("tokens", "revoke", first.id, unknown)
    assert revoked.exit_code == 1
    assert revoked.stdout == f"Token {first.id} is revoked.\n"
    assert revoked.stderr == f"Token {unknown} does not exist.\n"
    assert (token_actor(secrets[0]), token_actor(secrets[1]) is None) == (None, False)
    assert run("tokens", "revoke", first.id, second.id).exit_code == 0
    assert [row.state for row in tokens(None)] == ["revoked", "revoked"]
    assert run("tokens", "revoke", "one").exit_code == 2
    assert run("tokens", "revoke").exit_code == 2
