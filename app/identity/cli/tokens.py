"""``insights tokens``."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from app.cli_context import application, instance_option
from app.core.clock import now
from app.errors import DomainError
from app.identity.cli.table import cell, print_table
from app.identity.permissions import GIVEN_ROLES, Permission, known_scopes

ROLE = click.Choice([str(role) for role in GIVEN_ROLES])
DURATION = re.compile(r"([1-9][0-9]{0,3})([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Duration(click.ParamType[timedelta | None]):
    """How long something is good for, as a `timedelta`; None for ever."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta | None:
        if value == "never":
            return None
        found = DURATION.fullmatch(value)
        if found is None:
            self.fail(f"{value!r} is not one such as 30m, 12h, 90d or 2w, nor never.", param, ctx)
        return timedelta(**{UNITS[found[2]]: int(found[1])})


class Scope(click.ParamType[str]):
    """A permission, or a right of services."""

    name = "scope"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            known_scopes([value])
        except ValueError:
            known = [scope for scope in Permission if scope is not Permission.KNOWN]
            self.fail(f"{value!r} is none of {', '.join(known)}, analytics:*.", param, ctx)
        return str(value)


@click.group()
def tokens() -> None:
    """Make, list and revoke API tokens."""


@tokens.command()
@click.option("--name", required=True, help="What it is for; without --email also the name of the service.")
@click.option("--role", type=ROLE, help="What it may do at most. Required without --email.")
@click.option(
    "--scope",
    "scopes",
    type=Scope(),
    multiple=True,
    metavar="SCOPE",
    help="Only this of the role, or a right of services such as analytics:*. May be repeated.",
)
@click.option(
    "--expires",
    type=Duration(),
    metavar="TIME",
    default="90d",
    show_default=True,
    help="How long it is good for: 30m, 12h, 90d, 2w, never.",
)
@click.option("--email", help="Make it for this person, whose rights limit it.")
@click.option("--quiet", is_flag=True, help="Print the token and nothing else.")
@instance_option
def create(
    name: str,
    role: str | None,
    scopes: tuple[str, ...],
    expires: timedelta | None,
    email: str | None,
    quiet: bool,
    instance: Path | None,
) -> None:
    """Make a token for a service or, with --email, for a person."""
    if role is None and email is None:
        raise click.UsageError("Give --role, or --email for a token that may do what the person may.")
    expires_at = None if expires is None else now() + expires
    with application(instance):
        secret = _make(name, role, scopes, expires_at, email)
    if quiet:
        click.echo(secret)
        return
    click.echo(f"Token of {f'the person {email}' if email else f'the service {name}'}: {name}")
    click.echo(f"role: {role or 'as the person'}   scopes: {cell(scopes)}   expires: {_expiry(expires_at)}")
    click.echo(f"\n{secret}\n\nKeep it now: it is shown this once. Send it as: Authorization: Bearer <token>")


def _make(name: str, role: str | None, scopes: tuple[str, ...], expires_at: datetime | None, email: str | None) -> str:
    from app.core.db import transact
    from app.identity.commands.tokens import create_token, service_named
    from app.identity.queries.users import known_person

    def command() -> str:
        user_id = service_named(name) if email is None else known_person(email).id
        return create_token(user_id, name, role, scopes, expires_at).secret

    return transact(command)


def _expiry(expires_at: datetime | None) -> str:
    return "never" if expires_at is None else f"{cell(expires_at)} UTC"


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@instance_option
def list_tokens(as_json: bool, instance: Path | None) -> None:
    """Everybody's tokens, newest first; of each secret only the last four characters are known."""
    with application(instance):
        from app.identity.queries.tokens import tokens as stored

        rows = stored(None)
    if as_json:
        import orjson

        click.echo(orjson.dumps([row._asdict() for row in rows], option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z))
        return
    print_table(
        ("ID", "NAME", "OWNER", "ROLE", "SCOPES", "TOKEN", "CREATED", "EXPIRES", "LAST USED", "STATE"),
        [
            (row.id, row.name, row.owner, row.role, row.scopes, f"…{row.last4}", row.created_at, row.expires_at,
             row.last_used_at, row.state)
            for row in rows
        ],
    )  # fmt: skip


@tokens.command()
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@instance_option
def revoke(ids: tuple[int, ...], instance: Path | None) -> None:
    """Make tokens useless, within five seconds. Exit status 1 when there is no such token."""
    unknown = False
    with application(instance):
        from app.core.db import transact
        from app.identity.commands.tokens import revoke_token

        for token_id in ids:
            try:
                transact(revoke_token, token_id)
            except DomainError as error:
                click.echo(error.detail, err=True)
                unknown = True
            else:
                click.echo(f"Token {token_id} is revoked.")
    if unknown:
        raise click.exceptions.Exit(1)
