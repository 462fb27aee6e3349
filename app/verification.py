"""``insights verify``: whether what is stored is as promised, whoever wrote it and whatever was killed meanwhile."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli_context import application, instance_option

if TYPE_CHECKING:
    from app.core.checks import Check


@click.command()
@instance_option
def verify(instance: Path | None) -> None:
    """Check every promise about the stored data, and tell what breaks it; exit status 1 when something does.

    All is read as of one moment, so it may run while others write.
    """
    with application(instance, makes=False):
        sound = tell_findings()
    if not sound:
        raise click.exceptions.Exit(1)


def tell_findings() -> bool:
    """Print a line for each check that finds all well, and for everything that another finds; whether all is well."""
    found = findings()
    for name, violations in found.items():
        for told in violations or ["ok"]:
            click.echo(f"{name}: {told}")
    return not any(found.values())


def findings() -> dict[str, list[str]]:
    """What breaks each promise, by the name of its check; the whole database as it was at one moment."""
    from app.core.db import transact

    return transact(_findings)


def _findings() -> dict[str, list[str]]:
    from app.extensions import db

    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
    return {check.name: list(check.violations()) for check in every_check()}


def every_check() -> "tuple[Check, ...]":
    """Every domain's."""
    from app.analytics.queries import checks as analytics
    from app.attachments.queries import checks as attachments
    from app.core import checks as core
    from app.curation.queries import checks as curation
    from app.insights.queries import checks as insights
    from app.search.queries import checks as search
    from app.taxonomy.queries import checks as taxonomy

    knowledge = (*taxonomy.CHECKS, *insights.CHECKS, *attachments.CHECKS, *search.CHECKS)
    return (*core.CHECKS, *knowledge, *curation.CHECKS, *analytics.CHECKS)
