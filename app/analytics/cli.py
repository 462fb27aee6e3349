"""``insights counts``: check and repair what the counts say."""

from pathlib import Path

import click

from app.cli_context import application, instance_option


@click.group()
def counts() -> None:
    """Check or rebuild the maintained counts."""


@counts.command()
@instance_option
def verify(instance: Path | None) -> None:
    """Compare every count with a recount; exit status 1 when one is wrong. Safe while others write."""
    from app.analytics.queries.drift import count_drift, counted

    with application(instance):
        drifts = count_drift()
        exact = counted()
    for drift in drifts:
        click.echo(drift)
    if drifts:
        raise click.exceptions.Exit(1)
    click.echo(f"exact: {exact.cells} cells, {exact.tags} tags")


@counts.command()
@instance_option
def repair(instance: Path | None) -> None:
    """Make every count equal a recount. Safe while others write."""
    from app.analytics.commands import repair_counts

    with application(instance):
        click.echo(f"repaired: {repair_counts()}")
