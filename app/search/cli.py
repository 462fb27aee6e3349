"""``insights search``: count words anew, and repair what search looks at."""

from pathlib import Path

import click

from app.cli_context import application, instance_option


@click.group()
def search() -> None:
    """Refresh or rebuild what search knows."""


@search.command()
@instance_option
def refresh(instance: Path | None) -> None:
    """Count words and lengths anew (the worker does so by itself). Safe while others write."""
    from app.search.commands.refreshing import refresh

    with application(instance):
        counted = refresh()
    click.echo(f"counted: {counted.documents} documents, {counted.terms} words new or changed")


@search.command()
@instance_option
def rebuild(instance: Path | None) -> None:
    """Make what search looks at equal the texts, then refresh. Safe while others write."""
    from app.search.commands.refreshing import rebuild

    with application(instance):
        rebuilt = rebuild()
    click.echo(f"rebuilt: {rebuilt.documents} documents, {rebuilt.words} words")
