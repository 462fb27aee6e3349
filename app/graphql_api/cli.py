"""``insights graphql-schema``."""

import click

from app.graphql_api.schema.served import printed_schema


@click.command("graphql-schema")
def graphql_schema() -> None:
    """Print the schema that GraphQL serves, in GraphQL's own language: what graphql/schema.graphql holds."""
    click.echo(printed_schema(), nl=False)
