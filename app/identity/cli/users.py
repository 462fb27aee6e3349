"""``insights users``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli_context import application, instance_option
from app.errors import Unavailable, explained
from app.identity.cli.table import print_table
from app.identity.permissions import GIVEN_ROLES

if TYPE_CHECKING:
    from app.identity.models import Purpose

ROLE = click.Choice([str(role) for role in GIVEN_ROLES])


@click.group()
def users() -> None:
    """Add, list and disable people."""


@users.command()
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", required=True, help="What others read.")
@click.option("--role", type=ROLE, required=True, help="What the person may do.")
@click.option("--password-stdin", is_flag=True, help="Read the first line of the input as the password.")
@instance_option
def create(email: str, name: str, role: str, password_stdin: bool, instance: Path | None) -> None:
    """Add a person, who then chooses a password by the link that is mailed or else printed."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with application(instance):
        from app.core.db import transact
        from app.identity.commands.links import create_link
        from app.identity.commands.passwords import set_password
        from app.identity.commands.people import create_person
        from app.identity.models import Purpose

        def command() -> str | None:
            user_id = create_person(email, name, role)
            if password is None:
                return create_link(Purpose.INVITE, user_id)
            set_password(user_id, password)
            return None

        secret = transact(command)
        click.echo(f"{name} ({email.strip()}) is here now, with the role {role}.")
        if secret is not None:
            _deliver(Purpose.INVITE, email.strip(), name, secret)


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
@instance_option
def list_users(as_json: bool, instance: Path | None) -> None:
    """Everybody, people by name and then services."""
    with application(instance):
        from app.identity.queries.users import users_json

        listed = users_json()
    if as_json:
        click.echo(listed)
        return
    import orjson

    print_table(
        ("ID", "KIND", "E-MAIL", "NAME", "ROLE", "STATE", "CODE", "TOKENS", "LAST SEEN"),
        [_row(user) for user in orjson.loads(listed)],
    )


def _row(user: dict[str, Any]) -> tuple[object, ...]:
    state = "disabled" if user["disabled"] else "enabled"
    seen = user["last_seen_at"] and user["last_seen_at"][:16].replace("T", " ")
    code = "yes" if user["second_factor"] else None
    return (*(user[key] for key in ("id", "kind", "email", "name", "role")), state, code, user["tokens"], seen)


@users.command()
@click.argument("email")
@instance_option
def disable(email: str, instance: Path | None) -> None:
    """Keep a person out: sessions end, tokens and links stop working. Nothing is lost."""
    with application(instance):
        from app.core.db import transact
        from app.identity.commands.people import disable_user
        from app.identity.queries.users import known_person

        transact(disable_user, known_person(email).id)
    click.echo(f"{email} is disabled.")


@users.command()
@click.argument("email")
@instance_option
def enable(email: str, instance: Path | None) -> None:
    """Let a person in again."""
    with application(instance):
        from app.core.db import transact
        from app.identity.commands.people import enable_user
        from app.identity.queries.users import known_person

        transact(enable_user, known_person(email).id)
    click.echo(f"{email} is enabled.")


@users.command()
@click.argument("email")
@click.option("--without-code", is_flag=True, help="Also ask for no code any more, when the device for it is lost.")
@instance_option
def link(email: str, without_code: bool, instance: Path | None) -> None:
    """Make a new link by which a person chooses a password; it is mailed or else printed."""
    with application(instance):
        from app.core.db import transact
        from app.identity.commands.links import create_link
        from app.identity.commands.second_factor import remove_second_factor
        from app.identity.models import Purpose
        from app.identity.queries.users import known_person

        person = known_person(email)
        purpose = Purpose.RESET if person.has_password else Purpose.INVITE

        def command() -> str:
            if without_code:
                remove_second_factor(person.id)
            return create_link(purpose, person.id)

        _deliver(purpose, person.email, person.name, transact(command))


def _deliver(purpose: "Purpose", email: str, name: str, secret: str) -> None:
    from app.identity import mail
    from app.identity.models import Purpose

    try:
        if mail.send_link(purpose, email, name, secret):
            click.echo(f"A link to choose a password was mailed to {email}.")
            return
    except Unavailable as error:
        click.echo(explained(error), err=True)
    good_for = "7 days" if purpose == Purpose.INVITE else "an hour"
    click.echo(f"To choose a password, once and within {good_for}:\n{mail.link_address(secret)}")
